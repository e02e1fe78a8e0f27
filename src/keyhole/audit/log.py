"""Adding to the chain. A record commits together with the act that it is about, or neither does."""

from __future__ import annotations

import logging
from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from functools import partial
from secrets import token_bytes
from typing import Any

from django.db import Error as DatabaseProblem
from django.db import connection, transaction
from django.utils import timezone

from keyhole.audit import head
from keyhole.audit.chain import GENESIS, Link, clean, digest
from keyhole.audit.facts import facts_of
from keyhole.audit.models import Entry
from keyhole.core.errors import Unavailable

ALLOWED = "allowed"
DENIED = "denied"
CLOCK_TOLERANCE = timedelta(seconds=60)
"""How far the machine's clock may step back before that is an alarm; time servers move it by less."""
CLOCK_ACCEPTED = "clock:accept"
"""Action of the record that takes the machine's clock as it is, also when that is earlier."""
_ADVISORY_LOCK = 0x6B68_6175_6469_7400
_logger = logging.getLogger(__name__)


def new_id() -> str:
    """An explain id: `ex_` and 80 random bits, so that knowing one tells nothing of another."""
    return "ex_" + b32encode(token_bytes(10)).decode("ascii").lower()


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

    def __post_init__(self) -> None:
        # Here, and not when it is written: what cannot be recorded must not fail the batch it shares with others.
        if self.outcome not in (ALLOWED, DENIED):
            raise ValueError(f"not an outcome: {self.outcome!r}")
        object.__setattr__(self, "actor", clean(self.actor))
        object.__setattr__(self, "subject", clean(self.subject))


class Chain:
    """The end of the log, held by the transaction until it ends: no other process adds a record meanwhile.

    Whoever changes rows that the data plane also writes (tokens) makes one first: two transactions that take
    the log and such a row in different orders would wait for each other.
    """

    def __init__(self) -> None:
        if not connection.in_atomic_block:
            raise RuntimeError("records are added in the transaction of the act that they are about")
        _lock()
        last = Entry.objects.order_by("-seq").values_list("seq", "hash", "at").first()
        self._end = Link(last[0], last[1]) if last else Link(0, GENESIS)
        noted = head.read()
        if noted is None:
            if last:
                _logger.critical("audit.head is missing, so audit records may have been cut off")
            head.create()
        elif noted.seq > self._end.seq:
            # Records were cut off. Their numbers are not used again, so that the gap shows for good.
            _logger.critical("audit records %d to %d are missing", self._end.seq + 1, noted.seq)
            self._end = noted
        self.clock = timezone.now()
        """What the machine's clock says."""
        self.at = max(self.clock, last[2]) if last else self.clock
        """The moment that counts as now: never before what is on record, so that nothing expired lives again."""

    @property
    def clock_went_back(self) -> bool:
        """Whether the clock is so far behind the last record that nothing can be dated by it."""
        return self.at - self.clock > CLOCK_TOLERANCE

    def extend(self, drafts: Iterable[Draft]) -> None:
        """Add records, in order."""
        if self.clock_went_back:
            _logger.critical("the machine's clock went back by %s", self.at - self.clock)
        entries = [self._entry(draft) for draft in drafts]
        Entry.objects.bulk_create(entries)
        if entries:
            transaction.on_commit(partial(head.advance, self._end))

    def _entry(self, draft: Draft) -> Entry:
        subject = dict(draft.subject)
        if draft.action == CLOCK_ACCEPTED:
            self.at = self.clock
        elif self.clock_went_back:
            subject["clock"] = self.clock.astimezone(UTC).isoformat()
        entry = Entry(
            seq=self._end.seq + 1,
            id=draft.id,
            at=self.at,
            action=draft.action,
            outcome=draft.outcome,
            actor=draft.actor,
            subject=subject,
            token_id=draft.actor.get("token_id"),
            previous=self._end.hash,
            **facts_of(draft.actor, subject)._asdict(),
        )
        entry.hash = digest(entry)
        self._end = Link(entry.seq, entry.hash)
        return entry


def append(draft: Draft) -> str:
    """Add a record inside the caller's transaction, and return its id. Unavailable when it cannot be written."""
    try:
        with transaction.atomic():
            Chain().extend([draft])
    except DatabaseProblem as problem:
        raise not_written() from problem
    return draft.id


def not_written() -> Unavailable:
    """The error that tells people so."""
    return Unavailable(
        "The audit log cannot be written, so nothing was done.",
        hint="Check the disk and the database; `keyhole doctor` helps.",
    )


def _lock() -> None:
    # SQLite needs nothing: its transactions begin IMMEDIATE (settings), so there is one writer at a time.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
