"""Settings -> Sign-in and security: password, second factors at a glance, and the browsers signed in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import factors, passkeys, passwords, sessions
from keyhole.accounts.models import User
from keyhole.accounts.services import lacks_second_factor, require
from keyhole.core.errors import InvalidInput
from keyhole.web.caller import caller_of
from keyhole.web.confirm import confirmed
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page(
    "settings/security",
    name="security",
    title="Sign-in and security",
    action="account:change",
    section="settings",
)
def overview(request: HttpRequest) -> HttpResponse:
    """How one signs in, and where one is signed in."""
    user = require(caller_of(request), "account:change")
    return show(
        request,
        "web/security.html",
        title="Sign-in and security",
        app=getattr(user, "authenticator", None),
        keys=list(user.passkeys.order_by("pk")),
        codes=factors.codes_left(user),
        codes_of=factors.RECOVERY_CODES,
        no_passkeys=passkeys.unusable(),
        needed=lacks_second_factor(user),
        sessions=sessions.list_sessions(caller_of(request), request.session.session_key),
        has_password=user.has_usable_password(),
        crumbs=trail("settings"),
    )


@page(
    "settings/security/password",
    name="password",
    title="Change password",
    action="account:change",
    section="settings",
    methods=("GET", "POST"),
)
def password(request: HttpRequest) -> HttpResponseBase:
    """Choose another password; every other browser is signed out."""
    if request.method != "POST":
        return _password_form(request)
    try:
        user = confirmed(request)
        new = request.POST.get("new", "")[:1024]
        if new != request.POST.get("again", "")[:1024]:
            raise InvalidInput("The two passwords are not the same.", field="again")
        changed = passwords.change(caller_of(request), new)
    except InvalidInput as problem:
        return _password_form(request, problem)
    _stay(request, changed)
    words = "Your password is changed" if user.has_usable_password() else "You have a password now"
    messages.success(request, f"{words}. Every other browser is signed out.", "ok")
    return redirect("security")


@page(
    "settings/security/sessions/end",
    name="sessions-end",
    title="Sign out",
    action="account:change",
    section="settings",
    methods=("POST",),
)
def end(request: HttpRequest) -> HttpResponseBase:
    """Sign one other browser out, or all of them."""
    caller = caller_of(request)
    if "others" in request.POST:
        sessions.end_others(caller, request.session.session_key)
        messages.success(request, "Every other browser is signed out.", "ok")
    else:
        sessions.end_session(caller, request.POST.get("session", "")[:100])
        messages.success(request, "That browser is signed out.", "ok")
    return redirect("security")


def _stay(request: HttpRequest, user: User) -> None:
    """Keep this browser signed in, under a new session; all others ended with the old password."""
    update_session_auth_hash(request, user)
    if not request.session.session_key:
        request.session.save()
    sessions.end_others(caller_of(request), request.session.session_key)


def _password_form(request: HttpRequest, problem: InvalidInput | None = None) -> HttpResponse:
    user = require(caller_of(request), "account:change")
    return show(
        request,
        "web/password.html",
        status=422 if problem else 200,
        title="Change password" if user.has_usable_password() else "Set a password",
        has_password=user.has_usable_password(),
        errors={problem.field: problem.message} if problem else {},
        crumbs=trail("settings", "security"),
    )
