"""Adding to the chain. A record commits together with the act that it is about, or neither does."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from secrets import choice
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from keyhole.audit.models import Entry
from keyhole.core.errors import Unavailable

ALLOWED = "allowed"
DENIED = "denied"
GENESIS = "0" * 64
"""What the first record names as the one before it."""
_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_ADVISORY_LOCK = 0x6B68_6175_6469_7400


def new_id() -> str:
    """An explain id: `ex_` and 80 random bits, so that knowing one tells nothing of another."""
    return "ex_" + "".join(choice(_ID_ALPHABET) for _ in range(16))


@dataclass(frozen=True, slots=True)
class Draft:
    """A record before it has its place in the chain. It must not hold any secret."""

    action: str
    """What was done or asked, `resource:verb`."""
    outcome: str
    """`allowed` or `denied`."""
    actor: Mapping[str, Any]
    """Who: `user_id`, `name`, `via`, and for tokens `token_id`."""
    subject: Mapping[str, Any]
    """What it was about, as plain JSON."""
    id: str = field(default_factory=new_id)
    """The explain id that the tool or person is given."""


def append(draft: Draft) -> str:
    """Add a record inside the caller's transaction, and return its id. Unavailable when it cannot be written."""
    extend([draft])
    return draft.id


def extend(drafts: Iterable[Draft]) -> None:
    """Add records in order. The chain stays locked until the transaction ends: two writers cannot fork it."""
    try:
        with transaction.atomic():
            _lock()
            last = Entry.objects.order_by("-seq").only("seq", "hash", "at").first()
            entries = []
            for draft in drafts:
                last = _entry(draft, last)
                entries.append(last)
            Entry.objects.bulk_create(entries)
            if last is not None:
                transaction.on_commit(lambda seq=last.seq, digest=last.hash: remember_head(seq, digest))
    except DatabaseError as problem:
        raise Unavailable("The audit log cannot be written, so nothing was done.",
                          hint="Check the disk and the database; `keyhole doctor` helps.") from problem


def _lock() -> None:
    # SQLite needs nothing: its transactions begin IMMEDIATE (settings), so there is one writer at a time.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def _entry(draft: Draft, last: Entry | None) -> Entry:
    now = timezone.now()
    entry = Entry(
        seq=1 if last is None else last.seq + 1, id=draft.id, at=now if last is None else max(now, last.at),
        action=draft.action, outcome=draft.outcome, actor=_plain(draft.actor), subject=_plain(draft.subject),
        token_id=draft.actor.get("token_id"), previous=GENESIS if last is None else last.hash,
    )
    entry.hash = digest(entry)
    return entry


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """As the database will give it back, since that is what `verify` hashes. No NUL: PostgreSQL refuses it."""
    plain: dict[str, Any] = json.loads(json.dumps(value, default=str).replace("\\u0000", "\\ufffd"))
    return plain


def digest(entry: Entry) -> str:
    """The hash of a record: SHA-256 over the canonical JSON of every other field, `previous` included."""
    fields = [entry.seq, entry.id, entry.at.astimezone(UTC).isoformat(), entry.action, entry.outcome, entry.actor, entry.subject, entry.token_id, entry.previous]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def head_file() -> Path:
    """Where the last hash is kept outside of the database."""
    return Path(settings.KEYHOLE_DATA) / "audit.head"


def remember_head(seq: int, hash_: str) -> None:
    """Keep the head outside of the database, so that a chain cut off at its end is noticed.

    It may lag behind after a crash but is never ahead: it is written after the commit, and only forwards.
    """
    descriptor = os.open(head_file(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = file.read().split()
        if not known or int(known[0]) < seq:
            file.seek(0)
            file.write(f"{seq} {hash_}\n")
            file.truncate()
