"""What a scanner says about the files as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyhole.core.library import Library
    from keyhole.scanners.hits import About


@dataclass(frozen=True, slots=True)
class Issue:
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


@dataclass(frozen=True, slots=True)
class Assessment:
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
