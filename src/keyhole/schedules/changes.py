"""What was pushed since a schedule looked last, and which scans that asks for.

A scan of a repository reads the history of every branch, but looks at the files of one commit only. So, where a
schedule names no branch and looks at files, each branch that was pushed has a scan of its files besides, unless the
scan of the repository looks at the same commit. That needs a row for every branch there is: without it, one that
nobody touched for years could not be told from one that is new. Branches that were there when the schedule looked
first are not scanned; hundreds of scans would be the first that anybody sees of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.utils import timezone

from keyhole.core.caller import Caller
from keyhole.repositories.models import Repository
from keyhole.scanners.interface import Remembers
from keyhole.scanners.registry import named
from keyhole.scans.models import Scan
from keyhole.schedules import again, tips
from keyhole.schedules.models import Schedule, Seen

MOST_BRANCHES = 50
"""Branches of one repository that are scanned for one look, each by itself; people are told of more."""


class Change(NamedTuple):
    """One thing that is to be scanned, or only remembered."""

    ref: str
    """Full name of the branch; empty for what the schedule itself is about."""
    state: str
    tries: int = 1


class Changes(NamedTuple):
    """What a look at a repository comes to."""

    scanned: tuple[Change, ...]
    passed: tuple[Change, ...] = ()
    """What is remembered without a scan."""
    gone: frozenset[str] = frozenset()
    """Branches that are no more."""
    too_many: int = 0
    """How many branches should have been scanned, had it not been so many at once."""


ITSELF = Change("", "")
"""What a schedule is about, in whatever state."""


def of_files(schedule: Schedule) -> tuple[str, ...]:
    """Those of its scanners that look at the files of one commit, and not at history. Raises UnknownScanner."""
    return tuple(name for name in schedule.scanners if not isinstance(named(name), Remembers))


def since(caller: Caller, schedule: Schedule, repository: Repository, *, always: bool) -> Changes:
    """What changed since the last look; with `always` the schedule's own scan is due in any case.

    What lies on GitHub is fetched first. Raises KeyholeError if it cannot be had.
    """
    rows = _rows(schedule, repository)
    state = tips.current(caller, repository, schedule.ref)
    files = () if schedule.ref else of_files(schedule)
    if not files:
        return Changes(_own(rows, state, always=always))
    there = tips.branches(repository)
    if len(files) == len(schedule.scanners):  # nothing looks at history, so what counts is the one commit
        state = there.commit or tips.NOTHING
    own = _own(rows, state, always=always)
    empty = (
        [] if own or rows else [Change("", state)]
    )  # of a repository that was empty, all that comes is new
    changed = list(_changed(rows, there))
    new = (
        [change for change in changed if not _looked_at(change, rows, there)] if _looked_before(rows) else []
    )
    new = list({change.state: change for change in reversed(new)}.values())[::-1]  # each commit once
    scanned = new[:MOST_BRANCHES]
    passed = [change for change in changed if change not in scanned]
    return Changes(
        (*scanned, *own),  # the repository's newest scan is that of the repository, wherever both begin
        (*empty, *passed),
        frozenset(rows).difference(there.tips, {""}),
        len(new) - len(scanned),
    )


def note(schedule: Schedule, repository: Repository, changes: Changes, made: Mapping[str, Scan]) -> None:
    """Remember what was looked at, with the scans that were made of it. In the caller's transaction."""
    now = timezone.now()
    kept = ("tips", "scan", "tries", "noted", "at")
    Seen.objects.bulk_create(
        (
            Seen(
                schedule=schedule,
                repository=repository,
                ref=change.ref,
                tips=change.state,
                scan=made.get(change.ref) if change.state else None,  # nothing is pushed of nothing
                tries=change.tries,
                at=now,
            )
            for change in (*changes.scanned, *changes.passed)
        ),
        batch_size=500,
        update_conflicts=True,
        unique_fields=("schedule", "repository", "ref"),
        update_fields=kept,
    )
    if changes.gone:
        rows = Seen.objects.filter(schedule=schedule, repository=repository)
        for number, ref in rows.values_list("pk", "ref"):
            if ref in changes.gone:
                Seen.objects.filter(pk=number).delete()


def _rows(schedule: Schedule, repository: Repository) -> dict[str, Seen]:
    rows = Seen.objects.filter(schedule=schedule, repository=repository).select_related("scan")
    return {row.ref: row for row in rows.only("ref", "tips", "tries", "scan__state")}


def _own(rows: Mapping[str, Seen], state: str, *, always: bool) -> tuple[Change, ...]:
    seen = rows.get("")
    same = seen is not None and seen.tips == state
    if not always and (state == tips.NOTHING or (seen and same and not again.wanted(seen))):
        return ()
    return (Change("", state, again.tries(seen) if seen and same else 1),)


def _looked_before(rows: Mapping[str, Seen]) -> bool:
    """Whether what has no row is new: there are rows of branches, or one that says that there was nothing."""
    return any(row.ref or row.tips == tips.NOTHING for row in rows.values())


def _changed(rows: Mapping[str, Seen], there: tips.Branches) -> Iterator[Change]:
    for ref, commit in there.tips.items():
        seen = rows.get(ref)
        if seen is None or seen.tips != commit:
            yield Change(ref, commit)
        elif again.wanted(seen):
            yield Change(ref, commit, again.tries(seen))


def _looked_at(change: Change, rows: Mapping[str, Seen], there: tips.Branches) -> bool:
    """Whether the files of that commit are looked at without a scan of this branch, or were before."""
    if change.ref == there.head or change.state == there.commit:
        return True
    return change.tries == 1 and any(row.tips == change.state for row in rows.values())
