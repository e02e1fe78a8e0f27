"""Writing down what GitHub is to be told of a scan: what its environment asks for, and what was asked for itself.

Telling is no part of the scan: whatever GitHub answers, the scan ends as it would have.
"""

from __future__ import annotations

from collections.abc import Iterable

from keyhole.environments.models import UPSTREAM
from keyhole.findings.models import Telling
from keyhole.scans.afterwards import afterwards
from keyhole.scans.followups import follow_up
from keyhole.scans.models import Scan

JOB = "github-telling"
"""Kind of the job that works the rows off."""


@afterwards(order=90)
def plan_telling(scan: Scan) -> None:
    """Makes the rows that the job works off. Nothing for folders of this machine: there is nobody to tell."""
    if scan.repository.is_served:
        return
    wanted = {*scan.upstream, *(scan.environment.upstream if scan.environment is not None else ())}
    for what in UPSTREAM:
        if what in wanted:
            Telling.objects.get_or_create(scan=scan, what=what)


@follow_up(JOB)
def waiting(scan: Scan) -> Iterable[int]:
    """What is to be told now that the scan has ended."""
    rows = Telling.objects.filter(scan=scan, state=Telling.State.WAITING)
    return list(rows.values_list("pk", flat=True))
