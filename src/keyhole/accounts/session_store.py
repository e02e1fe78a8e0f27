"""Sessions in the database, found by a hash of the cookie: a stolen copy of the table is worth nothing.

What the list of sessions shows (who, since when, from where) lies in the session's own data under `_SHOWN` and is
copied into columns when it is saved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from keyhole.accounts.models import Session

_SHOWN = "keyhole_client"
_FRESH = 300
"""Seconds for which being seen is not written again."""


def stored_key(session_key: str) -> str:
    """What the table holds for a cookie: the first 160 bits of its SHA-256, in hexadecimal."""
    return hashlib.sha256(session_key.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def note_seen(session: Any, address: str, agent: str) -> None:
    """Note that the browser is in use now, from where; written at most every few minutes."""
    now = timezone.now().timestamp()
    known = session.get(_SHOWN, {})
    if known and now - known["seen"] < _FRESH and known["address"] == address:
        return
    session[_SHOWN] = {
        "began": known.get("began", now),
        "seen": now,
        "address": address[:64],
        "agent": agent[:200],
    }


def begin_anew(session: Any) -> None:
    """Forget since when the browser is known: a person signed in."""
    session.pop(_SHOWN, None)


class SessionStore(DatabaseStore):
    """Django's store, with the key hashed wherever the database is asked."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our table."""
        return Session

    def _get_session_from_db(self) -> Session | None:
        found = (
            Session.objects.filter(
                session_key=stored_key(self.session_key), expire_date__gt=timezone.now()
            ).first()
            if self.session_key
            else None
        )
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        """Whether a browser has this key."""
        return Session.objects.filter(session_key=stored_key(session_key)).exists()

    def create_model_instance(self, data: Mapping[str, Any]) -> Session:
        """The row for this data."""
        shown = data.get(_SHOWN, {})
        now = timezone.now()
        store: Any = self  # the stubs leave out what Django documents for stores of one's own
        key = store._get_or_create_session_key()  # noqa: SLF001
        return Session(
            session_key=stored_key(str(key)),
            session_data=self.encode(dict(data)),
            expire_date=self.get_expiry_date(),
            user_id=int(data[SESSION_KEY]) if SESSION_KEY in data else None,
            began_at=_moment(shown, "began", now),
            seen_at=_moment(shown, "seen", now),
            address=shown.get("address", ""),
            agent=shown.get("agent", ""),
        )

    def delete(self, session_key: str | None = None) -> None:
        """End the session on the server."""
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=stored_key(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Drop what is over."""
        Session.objects.filter(expire_date__lte=timezone.now()).delete()


def _moment(shown: Mapping[str, Any], name: str, otherwise: datetime) -> datetime:
    return datetime.fromtimestamp(shown[name], UTC) if name in shown else otherwise
