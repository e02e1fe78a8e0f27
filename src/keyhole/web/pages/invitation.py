"""Accepting an invitation: the one-time address makes its visitor a person here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts import invitations
from keyhole.accounts.models import Invitation
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError, PermissionDenied
from keyhole.core.secret import Secret
from keyhole.web import entry
from keyhole.web.registry import OPEN, page
from keyhole.web.render import show

_COOKIE = "keyhole-invitation"
_MINUTES = 60


@page("invitation/<str:code>", name="invitation-link", title="Invitation", action=OPEN)
def link(request: HttpRequest, code: str) -> HttpResponseBase:
    """Take the code out of the address at once, so that it is in no history and no screenshot."""
    if invitations.invitation_for(Secret(code)) is None:
        return _refused(request)
    response = redirect("invitation")
    response.set_cookie(
        _COOKIE,
        code,
        max_age=_MINUTES * 60,
        path="/invitation",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@page("invitation", name="invitation", title="Invitation", action=OPEN, methods=("GET", "POST"))
def accept(request: HttpRequest) -> HttpResponseBase:
    """Login and password of the new person, who is then signed in."""
    code = Secret(request.COOKIES.get(_COOKIE, ""))
    invitation = invitations.invitation_for(code)
    if invitation is None:
        return _refused(request)
    if request.method != "POST":
        return _form(request, invitation)
    try:
        password = request.POST.get("password", "")[:1024]
        if password != request.POST.get("again", "")[:1024]:
            raise InvalidInput("The two passwords are not the same.", field="again")
        user = invitations.accept(code, request.POST.get("login", "").strip()[:100], password)
    except (InvalidInput, Conflict) as problem:
        return _form(request, invitation, problem)
    except PermissionDenied:
        return _refused(request)
    response = entry.begin(request, user, "invitation", "/")
    response.delete_cookie(_COOKIE, path="/invitation")
    return response


def _form(request: HttpRequest, invitation: Invitation, problem: KeyholeError | None = None) -> HttpResponse:
    field = getattr(problem, "field", "") or ("login" if problem else "")
    return show(
        request,
        "web/invitation.html",
        status=422 if problem else 200,
        title="You are invited",
        invitation=invitation,
        login=request.POST.get("login", "")[:100],
        errors={field: problem.message} if problem else {},
    )


def _refused(request: HttpRequest) -> HttpResponse:
    """The same for a wrong, used, revoked and expired one: a guess learns nothing."""
    return show(request, "web/invitation_refused.html", status=403, title="This invitation is not valid")
