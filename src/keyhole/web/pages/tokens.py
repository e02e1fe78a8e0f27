"""Fine-grained tokens: the list, one token, and revoking it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.integrations import holdings
from keyhole.integrations.services import of_token
from keyhole.tokens import services as tokens
from keyhole.tokens.models import Purpose
from keyhole.web.caller import caller_of
from keyhole.web.forms import summary
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_WAY = ("settings", "developer-settings", "personal-access-tokens")


@page(
    "settings/personal-access-tokens",
    name="tokens",
    title="Fine-grained tokens",
    action="token:read",
    section="settings",
)
def listing(request: HttpRequest) -> HttpResponse:
    """The tokens that people generated; those of scans and revoked ones on request."""
    everything = request.GET.get("show") == "all"
    rows = tokens.list_tokens(caller_of(request), include_revoked=everything)
    shown = [token for token in rows if everything or token.purpose != Purpose.SCAN]
    return show(
        request,
        "web/tokens.html",
        title="Fine-grained tokens",
        tokens=shown,
        everything=everything,
        crumbs=trail(*_WAY),
    )


@page(
    "settings/personal-access-tokens/<int:number>",
    name="token",
    title="Token",
    action="token:read",
    section="settings",
)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """What one token can do, how it was used, and what was refused to it."""
    caller = caller_of(request)
    found = holdings.holding_of(caller, number)
    just_generated = number in dict(request.session.get("generated", {})).values()
    return show(
        request,
        "web/token.html",
        title=found.token.name,
        token=found.token,
        found=found,
        integration=of_token(number),
        shown=summary.of_token(caller, found.token),
        just_generated=just_generated,
        denials=holdings.recent_denials(caller, number),
        crumbs=trail(*_WAY, "tokens"),
    )


@page(
    "settings/personal-access-tokens/<int:number>/revoke",
    name="token-revoke",
    title="Revoke token",
    action="token:revoke",
    section="settings",
    methods=("GET", "POST"),
)
def revoke(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, naming what will stop working; then revokes."""
    caller = caller_of(request)
    if request.method == "POST":
        token = tokens.revoke(caller, number, request.POST.get("reason", "")[:200])
        messages.success(request, f"{token.name} is revoked. Nothing is allowed with it any more.", "ok")
        return redirect("tokens")
    found = holdings.holding_of(caller, number)
    return show(
        request,
        "web/token_revoke.html",
        title="Revoke token",
        token=found.token,
        found=found,
        crumbs=[*trail(*_WAY, "tokens"), (f"/settings/personal-access-tokens/{number}", found.token.name)],
    )
