"""Settings -> Developer settings -> API tokens: what programs use Keyhole's own API with."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import api_tokens
from keyhole.accounts.services import allows, require
from keyhole.core.actions import ACTIONS
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_WAY = ("settings", "developer-settings")
_DAYS = (7, 30, 90, 180, 365)


@page(
    "settings/api-tokens",
    name="api-tokens",
    title="API tokens",
    action="api_token:manage",
    section="settings",
)
def listing(request: HttpRequest) -> HttpResponse:
    """One's own; an owner sees everybody's."""
    return show(
        request,
        "web/api_tokens.html",
        title="API tokens",
        tokens=api_tokens.list_api_tokens(caller_of(request)),
        base=settings.KEYHOLE_URL,
        crumbs=trail(*_WAY),
    )


@page(
    "settings/api-tokens/new",
    name="api-token-new",
    title="New API token",
    action="api_token:manage",
    section="settings",
    methods=("GET", "POST"),
)
def new(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, it makes the token and shows it in that one answer."""
    if request.method != "POST":
        return _form(request)
    days = request.POST.get("days", "")
    try:
        issued = api_tokens.create(
            caller_of(request),
            request.POST.get("name", ""),
            request.POST.getlist("action")[:100],
            int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
        )
    except (InvalidInput, Conflict) as problem:
        return _form(request, problem)
    return show(
        request,
        "web/api_token_once.html",
        title="API token made",
        token=issued.token,
        secret=issued.secret.reveal(),
        base=settings.KEYHOLE_URL,
        crumbs=trail(*_WAY, "api-tokens"),
    )


@page(
    "settings/api-tokens/<int:number>/revoke",
    name="api-token-revoke",
    title="Revoke API token",
    action="api_token:manage",
    section="settings",
    methods=("GET", "POST"),
)
def revoke(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first; then revokes."""
    caller = caller_of(request)
    if request.method == "POST":
        token = api_tokens.revoke(caller, number)
        messages.success(request, f"{token.name} is revoked. Nothing is allowed with it any more.", "ok")
        return redirect("api-tokens")
    return show(
        request,
        "web/api_token_revoke.html",
        title="Revoke API token",
        token=api_tokens.get(caller, number),
        crumbs=trail(*_WAY, "api-tokens"),
    )


def _form(request: HttpRequest, problem: KeyholeError | None = None) -> HttpResponse:
    caller = caller_of(request)
    user = require(caller, "api_token:manage")
    chosen = set(request.POST.getlist("action"))
    field = getattr(problem, "field", "") or ("name" if problem else "")
    longest = api_tokens.longest_days()
    return show(
        request,
        "web/api_token_new.html",
        status=problem.status if problem else 200,
        title="New API token",
        name=request.POST.get("name", "")[:60],
        days=[
            (days, str(days) == request.POST.get("days", str(api_tokens.DEFAULT_DAYS)))
            for days in _DAYS
            if days <= longest
        ]
        or [(longest, True)],
        actions=[
            (name, ACTIONS[name].title, name in chosen)
            for name in api_tokens.GRANTABLE
            if allows(caller, user, name)
        ],
        errors={field: problem.message} if problem else {},
        crumbs=trail(*_WAY, "api-tokens"),
    )
