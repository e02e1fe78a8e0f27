"""Sign in and out."""

from __future__ import annotations

from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import oidc, passkeys
from keyhole.accounts.models import User
from keyhole.audit.log import ALLOWED, DENIED, Draft, append
from keyhole.core.errors import KeyholeError
from keyhole.core.names import fold
from keyhole.web import entry, throttle
from keyhole.web.caller import address_of, caller_of
from keyhole.web.paths import local_path
from keyhole.web.registry import OPEN, page
from keyhole.web.render import show


@page("sign-in", name="sign-in", title="Sign in", action=OPEN, methods=("GET", "POST"))
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Email address or login, and password. A new session begins, so that a planted one is worth nothing."""
    following = local_path(request.POST.get("next") or request.GET.get("next"))
    if request.user.is_authenticated:
        return redirect(following)
    if request.method != "POST":
        return _form(request, following)
    name, password = request.POST.get("name", "").strip()[:254], request.POST.get("password", "")[:1024]
    if throttle.too_many(address_of(request), name):
        return _form(request, following, name, status=429, problem=throttle.wait())
    known = _known(name)
    user = authenticate(request, username=known.email if known else name, password=password)
    if user is None:
        throttle.failed(address_of(request), name)
        entry.record(
            request, known, DENIED, how="password", why="The name and the password did not go together."
        )
        return _form(
            request,
            following,
            name,
            status=401,
            problem=KeyholeError(
                "That name and password do not go together.",
                hint="Check both; large and small letters differ.",
            ),
        )
    throttle.succeeded(address_of(request), name)
    return entry.first_step_done(request, user, "password", following)


@page("sign-out", name="sign-out", title="Sign out", action=OPEN, methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """End the session on the server, so that its cookie is worth nothing afterwards."""
    if request.user.is_authenticated:
        actor = caller_of(request).as_actor()
        append(Draft(action="account:sign_out", outcome=ALLOWED, actor=actor, subject={}))
    logout(request)
    return redirect("sign-in")


def _known(name: str) -> User | None:
    """The account with this email address or login."""
    field = "email__iexact" if "@" in name else "owner__login_folded"
    return User.objects.select_related("owner").filter(**{field: fold(name)}).first()


def _form(
    request: HttpRequest,
    following: str,
    name: str = "",
    *,
    status: int = 200,
    problem: KeyholeError | None = None,
) -> HttpResponse:
    return show(
        request,
        "web/sign_in.html",
        status=status,
        title="Sign in",
        following=following,
        name=name,
        problem=problem,
        passkeys=not passkeys.unusable(),
        oidc=oidc.offered(),
    )
