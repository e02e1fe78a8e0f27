"""Adding and removing second factors: authenticator app, recovery codes, passkeys. Each asks for the password."""

from __future__ import annotations

from base64 import b64decode, b64encode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect

from keyhole.accounts import factors, passkeys, sealing
from keyhole.accounts.services import require
from keyhole.core import totp
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.core.secret import Secret
from keyhole.web.caller import caller_of
from keyhole.web.confirm import confirmed
from keyhole.web.qr import qr_path
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_SECRET = "keyhole_app_secret"  # noqa: S105 - where it lies in the session, sealed
_STATE = "keyhole_passkey_new"
_WAY = ("settings", "security")


@page(
    "settings/security/app",
    name="app-new",
    title="Authenticator app",
    action="account:change",
    section="settings",
    methods=("GET", "POST"),
)
def app(request: HttpRequest) -> HttpResponseBase:
    """A QR code for the app; a code that the app then shows proves that both know the secret."""
    secret = _pending_secret(request)
    if request.method != "POST" or secret is None:
        return _app_form(request, secret or _new_secret(request))
    try:
        confirmed(request)
        codes = factors.add_app(caller_of(request), secret, request.POST.get("code", ""))
    except (InvalidInput, Conflict) as problem:
        return _app_form(request, secret, problem)
    del request.session[_SECRET]
    return _added(request, "Your authenticator app is set up", codes)


@page(
    "settings/security/app/remove",
    name="app-remove",
    title="Remove authenticator app",
    action="account:change",
    section="settings",
    methods=("GET", "POST"),
)
def remove_app(request: HttpRequest) -> HttpResponseBase:
    """Asks first, and for the password."""
    if request.method == "POST":
        try:
            confirmed(request)
        except InvalidInput as problem:
            return _remove_form(request, "authenticator app", problem)
        factors.remove_app(caller_of(request))
        messages.success(request, "No code of the app is asked for any more.", "ok")
        return redirect("security")
    return _remove_form(request, "authenticator app")


@page(
    "settings/security/recovery-codes",
    name="recovery-codes",
    title="Recovery codes",
    action="account:change",
    section="settings",
    methods=("GET", "POST"),
)
def recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """New ones in place of all from before."""
    problem: KeyholeError | None = None
    if request.method == "POST":
        try:
            confirmed(request)
            return _added(request, "New recovery codes", factors.new_recovery_codes(caller_of(request)))
        except (InvalidInput, Conflict) as found:
            problem = found
    user = require(caller_of(request), "account:change")
    return show(
        request,
        "web/recovery_codes.html",
        status=problem.status if problem else 200,
        title="Recovery codes",
        left=factors.codes_left(user),
        has_password=user.has_usable_password(),
        **_told(problem),
        crumbs=trail(*_WAY),
    )


@page(
    "settings/security/passkeys/new",
    name="passkey-new",
    title="Add a passkey",
    action="account:change",
    section="settings",
    methods=("GET", "POST"),
)
def new_passkey(request: HttpRequest) -> HttpResponseBase:
    """Name it; the browser then makes it, and its answer is checked here."""
    if request.method != "POST":
        return _passkey_form(request)
    state = request.session.pop(_STATE, None)  # one answer for each question
    try:
        confirmed(request)
        codes = passkeys.add(
            caller_of(request), request.POST.get("name", ""), state, request.POST.get("answer", "")
        )
    except (InvalidInput, Conflict) as problem:
        return _passkey_form(request, problem)
    return _added(request, "Your passkey is added", codes)


@page(
    "settings/security/passkeys/options",
    name="passkey-options",
    title="Passkey",
    action="account:change",
    section="settings",
    methods=("POST",),
)
def passkey_options(request: HttpRequest) -> HttpResponseBase:
    """What the browser is to make."""
    try:
        asked, state = passkeys.begin_adding(caller_of(request))
    except Conflict as problem:
        return JsonResponse({"problem": f"{problem.message} {problem.hint}".strip()}, status=409)
    request.session[_STATE] = state
    return JsonResponse(asked)


@page(
    "settings/security/passkeys/<int:number>/remove",
    name="passkey-remove",
    title="Remove passkey",
    action="account:change",
    section="settings",
    methods=("GET", "POST"),
)
def remove_passkey(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, and for the password."""
    if request.method == "POST":
        try:
            confirmed(request)
        except InvalidInput as problem:
            return _remove_form(request, "passkey", problem)
        passkeys.remove(caller_of(request), number)
        messages.success(request, "The passkey opens nothing here any more.", "ok")
        return redirect("security")
    return _remove_form(request, "passkey")


def _pending_secret(request: HttpRequest) -> bytes | None:
    kept = request.session.get(_SECRET)
    return sealing.unseal(_place(request), b64decode(kept)) if kept else None


def _new_secret(request: HttpRequest) -> bytes:
    secret = factors.new_app_secret()
    request.session[_SECRET] = b64encode(sealing.seal(_place(request), secret)).decode("ascii")
    return secret


def _place(request: HttpRequest) -> str:
    return f"totp-new:{request.user.pk}"


def _app_form(request: HttpRequest, secret: bytes, problem: KeyholeError | None = None) -> HttpResponse:
    user = require(caller_of(request), "account:change")
    path, size = qr_path(totp.address(secret, user.login, "Keyhole"))
    return show(
        request,
        "web/app_new.html",
        status=problem.status if problem else 200,
        title="Authenticator app",
        path=path,
        size=size,
        spelled=totp.spelled(secret),
        has_password=user.has_usable_password(),
        **_told(problem),
        crumbs=trail(*_WAY),
    )


def _passkey_form(request: HttpRequest, problem: KeyholeError | None = None) -> HttpResponse:
    user = require(caller_of(request), "account:change")
    return show(
        request,
        "web/passkey_new.html",
        status=problem.status if problem else 200,
        title="Add a passkey",
        no_passkeys=passkeys.unusable(),
        name=request.POST.get("name", "")[:60],
        has_password=user.has_usable_password(),
        **_told(problem),
        crumbs=trail(*_WAY),
    )


def _remove_form(request: HttpRequest, what: str, problem: KeyholeError | None = None) -> HttpResponse:
    user = require(caller_of(request), "account:change")
    return show(
        request,
        "web/factor_remove.html",
        status=problem.status if problem else 200,
        title=f"Remove {what}",
        what=what,
        has_password=user.has_usable_password(),
        **_told(problem),
        crumbs=trail(*_WAY),
    )


def _told(problem: KeyholeError | None) -> dict[str, object]:
    """The problem beside its field, or above the form where it has none."""
    field = getattr(problem, "field", "")
    if problem is None or not field:
        return {"problem": problem, "errors": {}}
    return {"problem": None, "errors": {field: f"{problem.message} {problem.hint}".strip()}}


def _added(request: HttpRequest, title: str, codes: list[Secret]) -> HttpResponseBase:
    """The recovery codes, in this one answer; straight back where there are none to show."""
    if not codes:
        messages.success(request, f"{title}.", "ok")
        return redirect("security")
    return show(
        request,
        "web/recovery_codes_once.html",
        title=title,
        codes="\n".join(code.reveal() for code in codes),
        crumbs=trail(*_WAY),
    )
