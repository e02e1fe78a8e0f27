"""The browsers that a person is signed in with, and signing them out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from keyhole.accounts.models import Session
from keyhole.accounts.services import require
from keyhole.accounts.session_store import SessionStore, stored_key
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import NotFound

_HANDLE = 16


@dataclass(frozen=True, slots=True)
class SeenSession:
    """One browser, as its person sees it."""

    handle: str
    """Names it in forms; opens nothing."""
    address: str
    agent: str
    began_at: datetime
    seen_at: datetime
    """To within a few minutes."""
    current: bool
    """Whether it is the browser that asks."""


def list_sessions(caller: Caller, current_key: str | None) -> list[SeenSession]:
    """The caller's browsers, this one first, then the ones seen last."""
    user = require(caller, "account:change")
    here = stored_key(current_key) if current_key else ""
    rows = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")
    live = [row for row in rows if _is_of(row, user.get_session_auth_hash())]
    found = [
        SeenSession(
            row.session_key[:_HANDLE],
            row.address,
            row.agent,
            row.began_at,
            row.seen_at,
            row.session_key == here,
        )
        for row in live
    ]
    return sorted(found, key=lambda each: not each.current)


def end_session(caller: Caller, handle: str) -> None:
    """Sign one of the caller's browsers out. NotFound when it is nobody's, or somebody else's."""
    user = require(caller, "account:change")
    with transaction.atomic():
        rows = Session.objects.filter(user=user, session_key__startswith=handle)
        if len(handle) != _HANDLE or not rows.delete()[0]:
            raise NotFound("There is no such session.", hint="It may have ended meanwhile.")
        _record(caller, 1)


def end_others(caller: Caller, current_key: str | None) -> int:
    """Sign every other browser of the caller's out; returns how many."""
    user = require(caller, "account:change")
    here = stored_key(current_key) if current_key else ""
    with transaction.atomic():
        ended, _ = Session.objects.filter(user=user).exclude(session_key=here).delete()
        _record(caller, ended)
    return ended


def _is_of(row: Session, auth_hash: str) -> bool:
    """Whether the session still counts: not from before a new password, role or disabling."""
    return bool(SessionStore().decode(row.session_data).get("_auth_user_hash") == auth_hash)


def _record(caller: Caller, number: int) -> None:
    append(
        Draft(
            action="account:end_session",
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={"sessions": number},
        )
    )
