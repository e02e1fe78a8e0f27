"""Findings of a scan become problems, or bring the problems they are up to date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import TextField
from django.db.models.functions import Cast

from keyhole.findings.models import AdvisoryId, Detail, Problem, Status
from keyhole.findings.models.problem import digest_of, problem_of
from keyhole.scans.models import Finding, Scan

_BATCH = 500
_FOLLOWS = (
    "kind",
    "rule",
    "title",
    "severity",
    "rank",
    "confidence",
    "path",
    "line",
    "commit",
    "ecosystem",
    "package",
    "version",
    "purl",
    "upgrade",
    "epss",
    "kev",
    "marks",
    "digest",
)
"""What follows the last scan that has it; the rest is its life."""


def take_in(scan: Scan, now: datetime) -> None:
    """Makes and updates rows, so that every finding of the scan has one that says what the scan says."""
    known = dict(Problem.objects.filter(repository=scan.repository_id).values_list("key", "digest"))
    for batch in _changed(scan, known):
        _write(scan, batch, now)


def _changed(scan: Scan, known: dict[str, str]) -> Iterator[list[tuple[int, str]]]:
    """Ids and digests of the findings that are new, or not as they are known. Most of a scan usually is as known."""
    batch: list[tuple[int, str]] = []
    rows = Finding.objects.filter(scan=scan).order_by().annotate(text=Cast("data", TextField()))
    for number, key, text in rows.values_list("pk", "key", "text").iterator(chunk_size=2000):
        digest = digest_of(text)
        if known.get(key) != digest:
            batch.append((number, digest))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(scan: Scan, batch: list[tuple[int, str]], now: datetime) -> None:
    digests = dict(batch)
    found = list(Finding.objects.filter(pk__in=digests))
    rows = []
    for each in found:
        each.scan = scan
        row = problem_of(each)
        row.digest = digests[each.pk]
        row.status = Status.NEW
        row.first_scan = row.last_scan = scan
        row.first_seen_at = row.last_seen_at = row.opened_at = now
        rows.append(row)
    Problem.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["repository", "key"], update_fields=list(_FOLLOWS)
    )
    keys = [each.key for each in found]
    ids = dict(Problem.objects.filter(repository=scan.repository_id, key__in=keys).values_list("key", "pk"))
    Detail.objects.bulk_create(
        [Detail(problem_id=ids[each.key], data=each.data) for each in found],
        update_conflicts=True,
        unique_fields=["problem"],
        update_fields=["data"],
    )
    _write_ids(found, ids)


def _write_ids(found: list[Finding], ids: dict[str, int]) -> None:
    wanted = {
        (ids[each.key], text[:100])
        for each in found
        for facts in each.data.get("package") or ()
        for text in facts.get("ids", ())
    }
    rows = AdvisoryId.objects.filter(problem__in=ids.values())
    stale = [
        number for number, *pair in rows.values_list("pk", "problem", "text") if tuple(pair) not in wanted
    ]
    AdvisoryId.objects.filter(pk__in=stale).delete()
    AdvisoryId.objects.bulk_create(
        [AdvisoryId(problem_id=number, text=text) for number, text in sorted(wanted)], ignore_conflicts=True
    )
