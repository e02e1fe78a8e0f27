"""One scan while it is taken into account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from keyhole.findings.models import Problem
from keyhole.scans.models import Scan


@dataclass(frozen=True, slots=True)
class Round:
    """What the parts of the life step share."""

    scan: Scan
    at: datetime
    """The moment that everything it changes is dated by."""
    gone: frozenset[str]
    """Branches and tags that once had findings and that the repository has no more."""

    @property
    def complete(self) -> bool:
        """Whether what it does not have is not there."""
        return not self.scan.evidence.get("reasons")

    def problems(self) -> QuerySet[Problem]:
        """All that its scanners could have found in its repository."""
        return Problem.objects.filter(
            repository=self.scan.repository_id, scanner__in=list(self.scan.scanners)
        )

    def found(self) -> QuerySet[Problem]:
        """Those that it found."""
        return self.problems().filter(key__in=self.scan.findings.order_by().values("key"))
