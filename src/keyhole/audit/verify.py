"""Checking the chain from its first record to its head."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.audit.log import GENESIS, digest, head_file
from keyhole.audit.models import Entry


@dataclass(frozen=True, slots=True)
class Report:
    """What checking came to."""

    ok: bool
    entries: int
    """How many records were found whole, from the first on."""
    broken_at: int | None
    """Position of the first record that is not what it was; None if all are."""
    head: str
    """Hash of the last whole record."""
    why: str = ""
    """What is wrong, for people."""


def verify() -> Report:
    """Check every record: changed, removed, inserted, reordered or cut off at the end, each is noticed."""
    kept = _kept_head()
    previous, count = GENESIS, 0
    for entry in Entry.objects.order_by("seq").iterator(chunk_size=2000):
        why = _fault(entry, count + 1, previous)
        if not why and kept is not None and kept[0] == entry.seq and kept[1] != entry.hash:
            why = "It is not the record that the head file remembers."
        if why:
            return Report(False, count, count + 1, previous, why)
        previous, count = entry.hash, count + 1
    if kept is not None and kept[0] > count:
        return Report(False, count, count + 1, previous,
                      f"The head file remembers {kept[0]} records, but only {count} are there.")
    return Report(True, count, None, previous)


def _fault(entry: Entry, expected: int, previous: str) -> str:
    if entry.seq != expected:
        return f"Record {expected} is missing."
    if entry.previous != previous:
        return "It does not follow the record before it."
    if entry.hash != digest(entry):
        return "Its content was changed."
    return ""


def _kept_head() -> tuple[int, str] | None:
    try:
        seq, hash_ = head_file().read_text("ascii").split()
    except FileNotFoundError:
        return None
    except ValueError:
        return (2**63, "")  # unreadable: as if records were missing, so that it is looked into
    return int(seq), hash_
