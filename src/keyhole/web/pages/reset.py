"""Choosing a new password at a one-time address that an owner or the machine's operator made."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import passwords
from keyhole.core.errors import InvalidInput, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.web.registry import OPEN, page
from keyhole.web.render import show

_COOKIE = "keyhole-reset"
_SECONDS = 30 * 60


@page("reset/<str:code>", name="reset-link", title="Reset password", action=OPEN)
def link(request: HttpRequest, code: str) -> HttpResponseBase:
    """Take the code out of the address at once, so that it is in no history and no screenshot."""
    if passwords.reset_code_for(Secret(code)) is None:
        return _refused(request)
    response = redirect("reset")
    response.set_cookie(
        _COOKIE,
        code,
        max_age=_SECONDS,
        path="/reset",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@page("reset", name="reset", title="Reset password", action=OPEN, methods=("GET", "POST"))
def reset(request: HttpRequest) -> HttpResponseBase:
    """The new password, twice. Signing in with it is a step of its own, second factor included."""
    code = Secret(request.COOKIES.get(_COOKIE, ""))
    found = passwords.reset_code_for(code)
    if found is None:
        return _refused(request)
    problem: InvalidInput | None = None
    if request.method == "POST":
        try:
            new = request.POST.get("new", "")[:1024]
            if new != request.POST.get("again", "")[:1024]:
                raise InvalidInput("The two passwords are not the same.", field="again")
            passwords.reset(code, new)
        except InvalidInput as wrong:
            problem = wrong
        except PermissionDenied:
            return _refused(request)
        else:
            messages.success(request, "Your password is set. Sign in with it.", "ok")
            response = redirect("sign-in")
            response.delete_cookie(_COOKIE, path="/reset")
            return response
    return show(
        request,
        "web/reset.html",
        status=422 if problem else 200,
        title="Choose a new password",
        member=found.user,
        drops=found.drops_factors,
        errors={problem.field: problem.message} if problem else {},
    )


def _refused(request: HttpRequest) -> HttpResponse:
    return show(request, "web/reset_refused.html", status=403, title="This reset link is not valid")
