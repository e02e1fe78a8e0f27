"""The second step of signing in, and signing in with a passkey."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect

from keyhole.accounts import factors, oidc, passkeys
from keyhole.accounts.models import User
from keyhole.audit.log import DENIED
from keyhole.core.errors import KeyholeError, PermissionDenied
from keyhole.web import entry, throttle
from keyhole.web.caller import address_of
from keyhole.web.paths import local_path
from keyhole.web.registry import OPEN, page
from keyhole.web.render import show

_STATE = "keyhole_passkey_proof"


@page("sign-in/second", name="sign-in-second", title="Second step", action=OPEN, methods=("GET", "POST"))
def second(request: HttpRequest) -> HttpResponseBase:
    """A code of the authenticator app, or a recovery code."""
    found = entry.pending(request)
    if found is None:
        return redirect("sign-in")
    if request.method != "POST":
        return _form(request, found)
    name = f"second step {found.user.pk}"
    account = found.user.pk
    if throttle.too_many(address_of(request), name):
        return _form(request, found, 429, throttle.wait())
    if throttle.too_many_codes(account):
        return _form(request, found, 429, throttle.wait_for_codes())
    how = factors.code_is_right(found.user, request.POST.get("code", "")[:100])
    if how:
        throttle.succeeded(address_of(request), name)
        throttle.code_accepted(account)
        return entry.begin(request, found.user, f"{found.first} and {how}", found.following)
    throttle.failed(address_of(request), name)
    throttle.code_failed(account)
    entry.second_step_failed(request)
    entry.record(request, found.user, DENIED, how="code", why="The code was not valid.")
    if entry.pending(request) is None:
        return redirect("sign-in")
    problem = KeyholeError(
        "That code is not valid now.", hint="Type the one that the app shows now; each works once."
    )
    return _form(request, found, 401, problem)


@page(
    "sign-in/passkey/options",
    name="sign-in-passkey-options",
    title="Passkey",
    action=OPEN,
    methods=("POST",),
)
def options(request: HttpRequest) -> HttpResponseBase:
    """What the browser is to ask its authenticators."""
    if throttle.too_many(address_of(request), "passkey"):
        return JsonResponse({"problem": throttle.wait().message}, status=429)
    found = entry.pending(request)
    asked, state = passkeys.begin_proof(found.user if found else None)
    request.session[_STATE] = state
    return JsonResponse(asked)


@page("sign-in/passkey", name="sign-in-passkey", title="Passkey", action=OPEN, methods=("POST",))
def passkey(request: HttpRequest) -> HttpResponseBase:
    """The authenticator's answer: right, it is the first step and the second."""
    state = request.session.pop(_STATE, None)  # one answer for each question
    found = entry.pending(request)
    if throttle.too_many(address_of(request), "passkey"):
        return _refused(request, found, 429, throttle.wait())
    try:
        user = passkeys.prove(state, request.POST.get("answer", ""))
        if found is not None and user.pk != found.user.pk:
            raise PermissionDenied("That passkey belongs to another account than the password.")
    except PermissionDenied as problem:
        throttle.failed(address_of(request), "passkey")
        who: User | None = found.user if found else None
        entry.record(request, who, DENIED, how="passkey", why=problem.message)
        return _refused(request, found, 401, problem)
    throttle.succeeded(address_of(request), "passkey")
    following = found.following if found else local_path(request.POST.get("next"))
    return entry.begin(request, user, f"{found.first} and passkey" if found else "passkey", following)


def _refused(
    request: HttpRequest, found: entry.Pending | None, status: int, problem: KeyholeError
) -> HttpResponse:
    if found is not None:
        return _form(request, found, status, problem)
    return show(
        request,
        "web/sign_in.html",
        status=status,
        title="Sign in",
        following=local_path(request.POST.get("next")),
        name="",
        problem=problem,
        passkeys=not passkeys.unusable(),
        oidc=oidc.offered(),
    )


def _form(
    request: HttpRequest, found: entry.Pending, status: int = 200, problem: KeyholeError | None = None
) -> HttpResponse:
    return show(
        request,
        "web/sign_in_second.html",
        status=status,
        title="Second step",
        member=found.user,
        has_app=hasattr(found.user, "authenticator"),
        passkeys=not passkeys.unusable() and found.user.passkeys.exists(),
        problem=problem,
    )
