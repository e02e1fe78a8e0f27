"""Signing in with the OpenID provider: there, and back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import oidc, passkeys
from keyhole.audit.log import DENIED
from keyhole.core.errors import KeyholeError, NotFound, PermissionDenied, Unavailable
from keyhole.web import entry, throttle
from keyhole.web.caller import address_of
from keyhole.web.paths import local_path
from keyhole.web.registry import OPEN, page
from keyhole.web.render import show

_KEPT = "keyhole_oidc"
_NAME = "openid"


@page("sign-in/oidc", name="sign-in-oidc", title="Sign in", action=OPEN)
def there(request: HttpRequest) -> HttpResponseBase:
    """To the provider. What comes back must fit what this session keeps."""
    _offered()
    try:
        begun = oidc.begin()
    except Unavailable as problem:
        return _form(request, 503, problem)
    request.session[_KEPT] = {**begun.kept, "next": local_path(request.GET.get("next"))}
    return redirect(begun.address)


@page("sign-in/oidc/back", name="sign-in-oidc-back", title="Sign in", action=OPEN)
def back(request: HttpRequest) -> HttpResponseBase:
    """From the provider, with a code that is worth one try."""
    _offered()
    kept = request.session.pop(_KEPT, None)
    if throttle.too_many(address_of(request), _NAME):
        return _form(request, 429, throttle.wait())
    try:
        user = oidc.finish(kept, request.GET.dict())
    except PermissionDenied as problem:
        throttle.failed(address_of(request), _NAME)  # each is on record, and the log is not anybody's to fill
        entry.record(request, None, DENIED, how="OpenID provider", why=problem.message)
        return _form(request, 401, problem)
    except Unavailable as problem:
        return _form(request, 503, problem)
    throttle.succeeded(address_of(request), _NAME)
    return entry.first_step_done(request, user, "OpenID provider", local_path(kept["next"] if kept else ""))


def _offered() -> None:
    if not oidc.offered():
        raise NotFound("No OpenID provider is set here.")


def _form(request: HttpRequest, status: int, problem: KeyholeError) -> HttpResponse:
    return show(
        request,
        "web/sign_in.html",
        status=status,
        title="Sign in",
        following="/",
        name="",
        problem=problem,
        passkeys=not passkeys.unusable(),
        oidc=True,
    )
