"""Keeping in the rows which findings are shown for others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, Subquery

from keyhole.findings.history import happened
from keyhole.findings.inserting import insert
from keyhole.findings.merging import Fact, Merge, merges
from keyhole.findings.models import AdvisoryId, Apart, Event, Happened, Problem, Status
from keyhole.scans.models import Finding, Scan

_BATCH = 500
_REASON = 200
_COLUMNS = (
    "pk",
    "scanner",
    "kind",
    "rule",
    "rank",
    "confidence",
    "ecosystem",
    "package",
    "marks",
)


def merge(repository_id: int, at: datetime, scan: Scan | None = None) -> None:
    """Merges what is the same among a repository's findings that are not fixed, and parts what no longer is."""
    rows = Problem.objects.filter(repository=repository_id).exclude(status=Status.FIXED)
    held = {
        number: (into, reason)
        for number, into, reason in rows.exclude(merged_into=None).values_list(
            "pk", "merged_into", "merge_reason"
        )
    }
    wanted = merges(_facts(repository_id), _apart(repository_id))
    changed = {
        number: each
        for number, each in wanted.items()
        if held.get(number) != (each.into, each.reason[:_REASON])
    }
    _write(changed, held.keys() - wanted.keys())
    _tell(changed, held, at, scan)
    happened(
        Happened.UNMERGED,
        sorted(held.keys() - wanted.keys()),
        at,
        scan=scan,
        note="The finding that was shown for it is fixed, or is not the same any more.",
    )


def note(scan: Scan) -> None:
    """Writes into the findings of a scan which of them are shown as which others of it, as that is now."""
    rows = dict(Finding.objects.filter(scan=scan).order_by().values_list("key", "pk"))
    merged = Problem.objects.filter(repository=scan.repository_id).exclude(merged_into=None).order_by()
    shown = [
        Finding(pk=rows[key], shown_as=into, merge_reason=reason)
        for key, into, reason in merged.values_list("key", "merged_into__key", "merge_reason")
        if key in rows and into in rows
    ]
    Finding.objects.bulk_update(shown, ["shown_as", "merge_reason"], batch_size=_BATCH)


def _facts(repository_id: int) -> list[Fact]:
    rows = Problem.objects.filter(repository=repository_id).exclude(status=Status.FIXED).order_by()
    ids: dict[int, list[str]] = defaultdict(list)
    known = AdvisoryId.objects.filter(problem__in=rows.exclude(package=""))
    for number, text in known.values_list("problem", "text"):
        ids[number].append(text)
    return [
        Fact(
            id=row[0],
            scanner=row[1],
            kind=row[2],
            rule=row[3],
            rank=row[4],
            confidence=row[5],
            package=(row[6], row[7]),
            marks=tuple(row[8].split()),
            ids=tuple(sorted(ids.get(row[0], ()))),
        )
        # Most findings are like no other: without a mark and without an id, none of them is even looked at.
        for row in rows.values_list(*_COLUMNS).iterator(chunk_size=2000)
        if row[8] or row[0] in ids
    ]


def _apart(repository_id: int) -> set[tuple[int, int]]:
    pairs = Apart.objects.filter(one__repository=repository_id)
    return set(pairs.values_list("one", "other"))


def _write(changed: dict[int, Merge], parted: Iterable[int]) -> None:
    for numbers in _batches(sorted(parted)):
        Problem.objects.filter(pk__in=numbers).update(merged_into=None, merge_reason="")
    rows = [
        Problem(pk=number, merged_into_id=each.into, merge_reason=each.reason[:_REASON])
        for number, each in sorted(changed.items())
    ]
    Problem.objects.bulk_update(rows, ["merged_into", "merge_reason"], batch_size=_BATCH)
    # What was merged into one that is itself merged now, and is fixed itself, follows it.
    for numbers in _batches(sorted(changed)):
        followers = Problem.objects.filter(merged_into__in=numbers)
        followers.update(merged_into=_now_shown())


def _now_shown() -> Subquery:
    return Subquery(Problem.objects.filter(pk=OuterRef("merged_into")).values("merged_into")[:1])


def _tell(
    changed: dict[int, Merge], held: dict[int, tuple[int | None, str]], at: datetime, scan: Scan | None
) -> None:
    told = (
        (number, each.reason[:_REASON])
        for number, each in sorted(changed.items())
        if held.get(number, (None, ""))[0] != each.into
    )
    insert(Event, ["problem", "note"], told, {"at": at, "what": Happened.MERGED, "scan": scan})


def _batches(numbers: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(numbers), _BATCH):
        yield numbers[start : start + _BATCH]
