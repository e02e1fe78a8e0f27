"""Checking the chain from its first record to its head."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.audit import head
from keyhole.audit.chain import GENESIS, Link, digest
from keyhole.audit.facts import COLUMNS, facts_of
from keyhole.audit.models import Entry
from keyhole.core.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Report:
    """What checking came to."""

    ok: bool
    entries: int
    """How many records were found whole, from the first on."""
    broken_at: int | None
    """Position of the first record that is not what it was; None if all are."""
    head: str
    """Hash of the last whole record. Whoever notes it elsewhere can prove later that nothing before it changed."""
    why: str = ""
    """What is wrong, for people."""


def verify() -> Report:
    """Check every record: changed, removed, inserted, reordered or cut off at the end, each is noticed."""
    try:
        noted = head.read()
    except Unavailable as problem:
        return Report(False, 0, 1, GENESIS, problem.message)
    previous, count = GENESIS, 0
    for entry in Entry.objects.order_by("seq").iterator(chunk_size=2000):
        why = _fault(entry, count + 1, previous, noted)
        if why:
            return Report(False, count, count + 1, previous, why)
        previous, count = entry.hash, count + 1
    if noted is not None and noted.seq > count:
        return Report(
            False,
            count,
            count + 1,
            previous,
            f"audit.head remembers {noted.seq} records, but only {count} are there.",
        )
    if noted is None and count:
        return Report(
            False,
            count,
            count + 1,
            previous,
            "audit.head is missing, so records may have been cut off after the last one.",
        )
    return Report(True, count, None, previous)


def _fault(entry: Entry, expected: int, previous: str, noted: Link | None) -> str:
    if entry.seq != expected:
        return f"Record {expected} is missing."
    if entry.previous != previous:
        return "It does not follow the record before it."
    if entry.hash != digest(entry):
        return "Its content was changed."
    if facts_of(entry.actor, entry.subject) != tuple(getattr(entry, column) for column in COLUMNS):
        return "What it is found by was changed, so that looking for it would miss it."
    if noted is not None and noted.seq == entry.seq and noted.hash != entry.hash:
        return "It is not the record that audit.head remembers."
    return ""
