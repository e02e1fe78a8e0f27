"""What a scanner says about the files as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from keyhole.core.finding import AdvisoriesOf
    from keyhole.core.library import Library
    from keyhole.scanners.hits import About


class Issue(NamedTuple):
    """One defect of the files as they are now."""

    rule: str
    """Id of the rule."""
    identity: bytes
    """What makes it the same issue in every scan."""
    path: bytes
    line: int
    """From 1."""
    about: About
    surroundings: bytes = b""
    """What stands around it, whatever the file is called; empty where the identity has no path in it."""


class Assessment(NamedTuple):
    """What came of looking at the files as they are now."""

    issues: tuple[Issue, ...]
    gaps: tuple[str, ...]
    """What could not be assessed, and why; each makes the scan incomplete."""
    notes: tuple[str, ...]
    """What was assessed, and by which measure, for people."""
    libraries: tuple[Library, ...] = ()
    """See `keyhole.core.finding.ScanResult.libraries`."""
    advisories_at: str = ""
    """See `keyhole.core.finding.ScanResult.advisories_at`."""
    kev_at: str = ""
    """See `keyhole.core.finding.ScanResult.kev_at`."""
    advisories: tuple[AdvisoriesOf, ...] = ()
    """See `keyhole.core.finding.ScanResult.advisories`."""
