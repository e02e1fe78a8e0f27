"""One scan while it is taken into account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from keyhole.findings.models import Problem
from keyhole.scans.models import Scan

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Round:
    """What the parts of the life step share."""

    scan: Scan
    at: datetime
    """The moment that everything it changes is dated by."""
    gone: frozenset[str]
    """Branches and tags that once had findings and that the repository has no more."""
    branch: str
    """See `sightings.branch_of`."""
    found: frozenset[int]
    """Ids of the problems that it found. Asking the database for them again and again is left to its guess of how
    many rows a scan that it never counted has: on PostgreSQL one update of 50,000 took more than eight minutes."""

    @classmethod
    def of(
        cls, scan: Scan, at: datetime, gone: frozenset[str], branch: str, past: frozenset[str] = frozenset()
    ) -> Round:
        """The round of a scan whose findings, but for those of the scanners `past`, all have a problem."""
        told = scan.findings.exclude(scanner__in=past)
        keys = set(told.order_by().values_list("key", flat=True))
        # Not only its scanners': an imported report of ours brings findings of others, and says nothing of their rest.
        known = Problem.objects.filter(repository=scan.repository_id).order_by().values_list("pk", "key")
        return cls(scan, at, gone, branch, frozenset(number for number, key in known if key in keys))

    @property
    def complete(self) -> bool:
        """Whether what it does not have is not there."""
        return not self.scan.evidence.get("reasons")

    def problems(self) -> QuerySet[Problem]:
        """All that its scanners could have found in its repository."""
        return Problem.objects.filter(
            repository=self.scan.repository_id, scanner__in=list(self.scan.scanners)
        )

    def parts(self) -> Iterator[QuerySet[Problem]]:
        """Those that it found, some at a time."""
        for numbers in in_parts(self.found):
            yield Problem.objects.filter(pk__in=numbers)


def in_parts(numbers: Iterable[int]) -> Iterator[list[int]]:
    """The ids in order, as many at a time as one query takes."""
    ordered = sorted(numbers)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]
