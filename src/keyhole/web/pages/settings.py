"""Settings -> Developer settings -> Personal access tokens: the guide's way, each level a page of its own."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from keyhole.web.registry import Nav, page, trail
from keyhole.web.render import show


@page("settings", name="settings", title="Settings", action="token:read", nav=Nav("Settings", 50))
def account(request: HttpRequest) -> HttpResponse:
    """Who is signed in, and the way to the developer settings."""
    return show(request, "web/settings.html", title="Settings")


@page(
    "settings/developer",
    name="developer-settings",
    title="Developer settings",
    action="token:read",
    section="settings",
)
def developer(request: HttpRequest) -> HttpResponse:
    """What is for tools rather than for people."""
    return show(
        request,
        "web/developer.html",
        title="Developer settings",
        crumbs=trail("settings"),
        base=settings.KEYHOLE_URL,
    )


@page(
    "settings/tokens",
    name="personal-access-tokens",
    title="Personal access tokens",
    action="token:read",
    section="settings",
)
def personal_access_tokens(request: HttpRequest) -> HttpResponse:
    """The kinds of token; Keyhole has one."""
    return show(
        request,
        "web/token_kinds.html",
        title="Personal access tokens",
        crumbs=trail("settings", "developer-settings"),
    )
