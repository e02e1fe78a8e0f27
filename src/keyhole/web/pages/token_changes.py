"""Rotating a token, pausing it and letting it go on: each asks first and names what changes for the tool."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.errors import Conflict
from keyhole.integrations import holdings
from keyhole.integrations.services import of_token
from keyhole.tokens import lifecycle
from keyhole.tokens import services as tokens
from keyhole.tokens.models import Token
from keyhole.web.caller import caller_of
from keyhole.web.forms import summary
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_WAY = ("settings", "developer-settings", "personal-access-tokens", "tokens")
_OVERLAPS = (
    ("1", "1 hour"),
    ("24", "1 day"),
    ("168", "7 days"),
    ("720", "30 days"),
    ("0", "None: it ends now, and so does what is running with it"),
)


@page(
    "settings/personal-access-tokens/<int:number>/rotate",
    name="token-rotate",
    title="Rotate token",
    action="token:rotate",
    section="settings",
    methods=("GET", "POST"),
)
def rotate(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks how long both may overlap; then shows the new text, in that one answer."""
    caller = caller_of(request)
    if request.method != "POST":
        token = tokens.get(caller, number)
        return _ask(request, "web/token_rotate.html", "Rotate token", token, overlaps=_OVERLAPS)
    try:
        issued = lifecycle.rotate(caller, number, _overlap(request.POST.get("overlap", "")))
    except Conflict as problem:  # sent twice: the first answer was the one that showed it
        messages.error(request, f"{problem.message} {problem.hint}", "bad")
        return redirect("token", number)
    return show(
        request,
        "web/token_once.html",
        title="Token rotated",
        token=issued.token,
        secret=issued.secret.reveal(),
        integration=of_token(number),
        rotated=True,
        shown=summary.of_token(caller, issued.token),
        crumbs=trail(*_WAY),
    )


def _overlap(hours: str) -> timedelta:
    known = hours in {value for value, _ in _OVERLAPS}
    return timedelta(hours=int(hours)) if known else lifecycle.OVERLAP


@page(
    "settings/personal-access-tokens/<int:number>/rotate/cancel",
    name="token-rotate-cancel",
    title="Cancel rotation",
    action="token:rotate",
    section="settings",
    methods=("POST",),
)
def cancel(request: HttpRequest, number: int) -> HttpResponseBase:
    """Ends the new text; what it would have replaced goes on."""
    token = lifecycle.cancel_rotation(caller_of(request), number)
    messages.success(request, f"The new token of {token.name} has ended. The old one goes on.", "ok")
    return redirect("token", number)


@page(
    "settings/personal-access-tokens/<int:number>/pause",
    name="token-pause",
    title="Pause token",
    action="token:pause",
    section="settings",
    methods=("GET", "POST"),
)
def pause(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first; then nothing is allowed with it until it is resumed."""
    caller = caller_of(request)
    if request.method == "POST":
        token = lifecycle.pause(caller, number, request.POST.get("reason", "")[:200])
        messages.success(
            request, f"{token.name} is paused. Nothing is allowed with it until you resume it.", "ok"
        )
        return redirect("token", number)
    return _ask(request, "web/token_pause.html", "Pause token", tokens.get(caller, number))


@page(
    "settings/personal-access-tokens/<int:number>/resume",
    name="token-resume",
    title="Resume token",
    action="token:pause",
    section="settings",
    methods=("POST",),
)
def resume(request: HttpRequest, number: int) -> HttpResponseBase:
    """It goes on with the rights it had."""
    token = lifecycle.resume(caller_of(request), number)
    messages.success(request, f"{token.name} goes on, with the rights it had.", "ok")
    return redirect("token", number)


def _ask(request: HttpRequest, template: str, title: str, token: Token, **context: Any) -> HttpResponse:
    return show(
        request,
        template,
        title=title,
        token=token,
        found=holdings.holding_of(caller_of(request), token.pk),
        crumbs=[*trail(*_WAY), (f"/settings/personal-access-tokens/{token.pk}", token.name)],
        **context,
    )
