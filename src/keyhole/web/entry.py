"""The way in, whatever proved who somebody is: a second factor if the person has one, then a new session.

Between the two steps nobody is signed in. The session then only knows who gave the right password, and for how long
that may be used; it is worth nothing to any page but the second step.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts.models import User
from keyhole.accounts.session_store import SessionStore, begin_anew
from keyhole.audit.log import ALLOWED, DENIED, Draft, append
from keyhole.core.caller import Caller, Via
from keyhole.web.caller import address_of
from keyhole.web.paths import local_path

_PENDING = "keyhole_second_step"
_SECONDS = 10 * 60
_BACKEND = "django.contrib.auth.backends.ModelBackend"
TRIES = 5
"""Wrong codes after which the first step has to be done again."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody between the first step and the second."""

    user: User
    first: str
    """What the first step was."""
    following: str
    """Where to go afterwards."""


def first_step_done(request: HttpRequest, user: User, first: str, following: str) -> HttpResponseBase:
    """Go on to the second step, or straight in for somebody without a second factor."""
    if not user.has_second_factor:
        return begin(request, user, first, following)
    request.session.flush()  # a planted session must not become one in which half of the way is done
    request.session[_PENDING] = {
        "user": user.pk,
        "bound": user.get_session_auth_hash(),
        "first": first,
        "following": following,
        "at": time.time(),
        "wrong": 0,
    }
    return redirect("sign-in-second")


def pending(request: HttpRequest) -> Pending | None:
    """Who is between the steps; None when nobody is, or it was too long ago, or too often wrong."""
    kept = request.session.get(_PENDING)
    if not isinstance(kept, dict) or time.time() - kept["at"] > _SECONDS or kept["wrong"] >= TRIES:
        return None
    user = User.objects.select_related("owner").filter(pk=kept["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != kept["bound"]:
        return None
    return Pending(user, kept["first"], local_path(kept["following"]))


def second_step_failed(request: HttpRequest) -> None:
    """Count a wrong code; after too many, `pending` is over."""
    kept = request.session.get(_PENDING)
    if isinstance(kept, dict):
        request.session[_PENDING] = {**kept, "wrong": kept["wrong"] + 1}


def begin(request: HttpRequest, user: User, how: str, following: str) -> HttpResponseBase:
    """Sign the person in, in a new session, and go where they wanted to."""
    record(
        request, user, ALLOWED, how=how
    )  # before the session begins: what cannot be recorded does not happen
    request.session.pop(_PENDING, None)
    login(request, user, backend=_BACKEND)
    begin_anew(request.session)
    SessionStore.clear_expired()
    return redirect(following)


def record(request: HttpRequest, user: User | None, outcome: str, *, how: str, why: str = "") -> None:
    """Signing in is on record. A name that nobody has is not: people type passwords into the wrong field."""
    name = user.email if user is not None else "an unknown name"
    actor = Caller(user.pk if user is not None else None, name, Via.WEB, address_of(request)).as_actor()
    subject = {"how": how} if outcome == ALLOWED else {"how": how, "why": why}
    append(Draft(action="account:sign_in", outcome=outcome, actor=actor, subject=subject))


__all__ = [
    "ALLOWED",
    "DENIED",
    "Pending",
    "begin",
    "first_step_done",
    "pending",
    "record",
    "second_step_failed",
]
