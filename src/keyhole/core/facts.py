"""What gates look at: a scan's findings and packages, and what is known beside them; and what they say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from keyhole.core.finding import Finding, ScanResult
from keyhole.core.library import Library
from keyhole.core.reach import Reach
from keyhole.core.terms import Status


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a scan beside its findings and libraries."""

    complete: bool
    """Whether it saw everything there is for its scanners to see."""
    reasons: tuple[str, ...]
    """Why not, for people."""
    scanners: tuple[str, ...]
    """Ids of the scanners that ran."""
    advisories_at: str
    """When the advisories that it used were last synced, RFC 3339; empty if it used none."""
    new: frozenset[str] | None = None
    """Ids of the findings that are new; None if there is nothing to compare with: then all are."""
    accepted: frozenset[str] = frozenset()
    """Ids of the findings that somebody has accepted or called false."""
    shown_as: Mapping[str, str] = field(default_factory=dict)
    """Ids of findings that say the same as another one, and the id of that one."""
    kev_at: str = ""
    """When the list of what is exploited (KEV) was last synced, RFC 3339; empty: nobody knows what is."""
    reach: Mapping[str, Reach] = field(default_factory=dict)
    """What each scanner can find, by id: of those that ran and of all others that there are."""

    @classmethod
    def of(
        cls,
        result: ScanResult,
        *,
        new: frozenset[str] | None = None,
        accepted: frozenset[str] = frozenset(),
        shown_as: Mapping[str, str] | None = None,
        reach: Mapping[str, Reach] | None = None,
        left_out: str = "",
    ) -> Facts:
        """The facts of a scan's result. `left_out` is what it was not asked to see, in words."""
        return cls(
            complete=result.status is Status.COMPLETE and not left_out,
            reasons=(*result.reasons, left_out) if left_out else result.reasons,
            scanners=result.scanners,
            advisories_at=result.advisories_at,
            new=new,
            accepted=accepted,
            shown_as=shown_as or {},
            kev_at=result.kev_at,
            reach=reach or {},
        )

    def same(self, found: Finding) -> str:
        """What findings that say the same have in common: the id of the one that is shown for them."""
        return self.shown_as.get(found.id, found.id)


@dataclass(frozen=True, slots=True)
class Subject:
    """What gates look at."""

    findings: tuple[Finding, ...]
    """Those that count, worst first."""
    libraries: tuple[Library, ...]
    facts: Facts
    now: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """What a gate says of a subject that does not pass it."""

    why: str
    fix: str
    number: int = 0
    findings: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
