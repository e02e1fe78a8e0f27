"""Scans that end after a later one of the same did: what they say is of the past by then."""

from __future__ import annotations

from keyhole.findings.sightings import IN_HISTORY, branch_of
from keyhole.scans.models import Scan, State


def past_scanners(scan: Scan, branch: str) -> frozenset[str]:
    """The scanners of which a later scan, complete and taken into account, has said more about the same already.

    `branch`: see `sightings.branch_of`.
    """
    later = Scan.objects.filter(
        repository=scan.repository_id,
        pk__gt=scan.pk,
        state=State.COMPLETE,
        settled__isnull=False,
    )
    return frozenset(name for each in later for name in each.scanners if _same(name, scan, branch, each))


def _same(scanner: str, scan: Scan, branch: str, later: Scan) -> bool:
    """Whether the later scan looked at all that the scanner looked at in this one."""
    if later.ref == scan.ref:
        return True
    if scanner == IN_HISTORY["scanner"]:
        return not later.ref  # that one read every history
    return branch_of(later) == branch
