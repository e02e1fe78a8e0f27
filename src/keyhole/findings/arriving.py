"""Findings of a scan become problems, or bring the problems they are up to date."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from keyhole.findings.inserting import insert
from keyhole.findings.models import AdvisoryId, Detail, Problem, Status
from keyhole.findings.models.problem import FROM_DATA, digest_of, from_data
from keyhole.scans.models import Finding, Scan

_BATCH = 500
_SAME = ("kind", "rule", "title", "severity", "rank", "confidence", "path", "line", "commit")
"""What a scan's finding has in columns of the same names."""
_FOLLOWS = (*_SAME, *FROM_DATA, "digest")
"""What follows the last scan that has it; the rest is its life."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A finding that is new, or not as it is known."""

    key: str
    scanner: str
    same: tuple[Any, ...]
    """Its `_SAME`."""
    text: str
    """The whole finding as it is stored, JSON."""
    data: dict[str, Any]
    digest: str
    known: bool

    @property
    def row(self) -> tuple[Any, ...]:
        """Key and scanner, then what follows the scan."""
        rule = self.same[_SAME.index("rule")]
        derived = from_data(self.scanner, self.same[0], rule, self.data)
        return (self.key, self.scanner, *self.same, *derived, self.digest)


def take_in(scan: Scan, now: datetime, past: Collection[str] = ()) -> None:
    """Makes and updates rows, so that every finding of the scan has one that says what the scan says. Those of the
    scanners `past` are left out.
    """
    known = dict(Problem.objects.filter(repository=scan.repository_id).values_list("key", "digest"))
    for batch in _changed(scan, known, past):
        _write(scan, batch, now)


def _changed(scan: Scan, known: dict[str, str], past: Collection[str]) -> Iterator[list[_Arrival]]:
    """Those that are to be written. Most of a scan usually is as known."""
    batch: list[_Arrival] = []
    rows = (
        Finding.objects.filter(scan=scan)
        .exclude(scanner__in=past)
        .order_by()
        .annotate(text=Cast("data", TextField()))
    )
    read = rows.values_list("key", "scanner", "text", *_SAME).iterator(chunk_size=2000)
    for key, scanner, text, *same in read:
        digest = digest_of(text)
        if known.get(key) != digest:
            batch.append(_Arrival(key, scanner, tuple(same), text, json.loads(text), digest, key in known))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _write(scan: Scan, batch: list[_Arrival], now: datetime) -> None:
    life = {
        "repository": scan.repository_id,
        "status": Status.NEW,
        "first_scan": scan,
        "last_scan": scan,
        "first_seen_at": now,
        "last_seen_at": now,
        "opened_at": now,
    }
    insert(
        Problem,
        ("key", "scanner", *_FOLLOWS),
        [each.row for each in batch],
        life,
        unique=("repository", "key"),
        update=_FOLLOWS,
    )
    keys = [each.key for each in batch]
    ids = dict(Problem.objects.filter(repository=scan.repository_id, key__in=keys).values_list("key", "pk"))
    details = [(ids[each.key], each.text) for each in batch]
    insert(Detail, ("problem", "data"), details, {}, unique=("problem",), update=("data",))
    _write_ids(batch, ids)


def _write_ids(batch: list[_Arrival], ids: dict[str, int]) -> None:
    wanted = {
        (ids[each.key], text[:100])
        for each in batch
        for facts in each.data.get("package") or ()
        for text in facts.get("ids", ())
    }
    rows = AdvisoryId.objects.filter(problem__in=[ids[each.key] for each in batch if each.known])
    stale = [
        number for number, *pair in rows.values_list("pk", "problem", "text") if tuple(pair) not in wanted
    ]
    AdvisoryId.objects.filter(pk__in=stale).delete()
    insert(AdvisoryId, ("problem", "text"), sorted(wanted), {}, unique=("problem", "text"))
