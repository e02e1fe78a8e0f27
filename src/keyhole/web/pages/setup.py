"""First run: the one-time link that `keyhole up` prints makes its visitor the first person here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import services as accounts
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.web import entry
from keyhole.web.registry import OPEN, page
from keyhole.web.render import show

_COOKIE = "keyhole-setup"
_MINUTES = 30


@page("setup/<str:code>", name="setup-link", title="Set up Keyhole", action=OPEN)
def link(request: HttpRequest, code: str) -> HttpResponseBase:
    """Take the code out of the address at once, so that it is in no history and no screenshot.

    It waits in a cookie of this browser; the session table would keep it in the clear on the server.
    """
    if not accounts.setup_code_is_valid(Secret(code)):
        return _refused(request)
    response = redirect("setup")
    response.set_cookie(
        _COOKIE,
        code,
        max_age=_MINUTES * 60,
        path="/setup",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@page("setup", name="setup", title="Set up Keyhole", action=OPEN, methods=("GET", "POST"))
def setup(request: HttpRequest) -> HttpResponseBase:
    """Login, email and password of the first person, who is then signed in."""
    code = Secret(request.COOKIES.get(_COOKIE, ""))
    if not accounts.setup_code_is_valid(code):
        return _refused(request)
    if request.method != "POST":
        return _form(request)
    try:
        password = request.POST.get("password", "")[:1024]
        if password != request.POST.get("again", "")[:1024]:
            raise InvalidInput("The two passwords are not the same.", field="again")
        user = accounts.create_first_user(
            code, request.POST.get("email", "").strip(), request.POST.get("login", "").strip(), password
        )
    except (InvalidInput, Conflict) as problem:
        return _form(request, problem)
    except PermissionDenied:
        return _refused(request)
    response = entry.begin(request, user, "set-up link", "/")
    response.delete_cookie(_COOKIE, path="/setup")
    return response


def _form(request: HttpRequest, problem: KeyholeError | None = None) -> HttpResponse:
    field = getattr(problem, "field", "") or ("login" if problem else "")
    return show(
        request,
        "web/setup.html",
        status=422 if problem else 200,
        title="Set up Keyhole",
        login=request.POST.get("login", ""),
        email=request.POST.get("email", ""),
        errors={field: problem.message} if problem else {},
    )


def _refused(request: HttpRequest) -> HttpResponse:
    return show(
        request,
        "web/setup_refused.html",
        status=403,
        title="This set-up link is not valid",
        needed=accounts.setup_needed(),
    )
