"""The numbers of a scan, and how it compares with the scan of the same thing before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, QuerySet

from keyhole.core.finding import Severity
from keyhole.scans.models import Finding, Scan, State

_LOOKED_BACK = 50
"""Scans of a repository whose findings are known."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a page or a terminal says about a scan first."""

    state: State
    by_severity: dict[str, int]
    """Number of findings per severity, worst first, zeros included."""
    findings: int
    new: int | None
    """Findings that no scan of the repository had lately; None if there was none."""
    fixed: int | None
    """Findings of the scan before, of the same ref and scanners, that this one does not have; None if there is none."""
    objects: int
    """Unique objects read."""
    bytes_read: int
    duration: timedelta | None
    """From begin to end; None while it runs or if it never began."""

    @property
    def clean(self) -> bool:
        """Whether everything was read and nothing found. An incomplete scan is never clean."""
        return self.state is State.COMPLETE and self.findings == 0

    @property
    def verdict(self) -> str:
        """One sentence that says it."""
        match self.state:
            case State.COMPLETE if self.clean:
                return "Nothing found, and everything was read."
            case State.COMPLETE:
                return f"{_found(self.findings)}."
            case State.INCOMPLETE:
                return f"Not everything could be read. {_found(self.findings)} in what was."
            case State.FAILED:
                return "The scan failed: it says nothing about the repository."
            case State.STOPPED:
                return "The scan was stopped: it says nothing about the repository."
            case _:
                return "The scan has not ended yet."


def summarize(scan: Scan) -> Summary:
    """The summary of a scan in any state."""
    numbers = scan.counters or {}
    return Summary(
        state=State(scan.state),
        by_severity={severity.value: numbers.get(severity.value, 0) for severity in Severity},
        findings=numbers.get("findings", 0),
        new=numbers.get("new"),
        fixed=numbers.get("fixed"),
        objects=numbers.get("objects", 0),
        bytes_read=numbers.get("bytes", 0),
        duration=scan.duration,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of a repository before a scan of it."""

    seen: frozenset[str] | None
    """Keys of the findings that the last scans of it had, of whatever branch and by whichever scanners; None if there
    were none."""
    last: frozenset[str] | None
    """Those of the last complete scan of the same ref and scanners; None if there is none. One that was incomplete is
    no measure of what is gone."""


def before(scan: Scan) -> Known:
    """What was known before this scan."""
    earlier = Scan.objects.filter(
        repository=scan.repository_id, state__in=(State.COMPLETE, State.INCOMPLETE), pk__lt=scan.pk
    ).order_by("-pk")
    same = earlier.filter(ref=scan.ref, scanners=scan.scanners, state=State.COMPLETE).first()
    last = _keys([same.pk]) if same is not None else None
    recent = list(_recent(earlier))
    return Known((_keys(recent) | (last or frozenset())) if recent else None, last)


def _recent(earlier: QuerySet[Scan]) -> Iterator[int]:
    """Of each branch and set of scanners, the last complete scan and those after it that did not see everything."""
    settled = set()
    for number, ref, scanners, state in earlier.values_list("pk", "ref", "scanners", "state")[:_LOOKED_BACK]:
        what = ref, *sorted(scanners)
        if what not in settled:
            yield number
        if state == State.COMPLETE:
            settled.add(what)


def _keys(scans: list[int]) -> frozenset[str]:
    return frozenset(
        Finding.objects.filter(scan__in=scans).order_by().values_list("key", flat=True).distinct()
    )


def counted(scan: Scan, known: Known) -> dict[str, int]:
    """The counters of a scan whose findings are stored; `known` is what `before` says.

    An incomplete scan fixes nothing: it may just not have seen what is missing.
    """
    rows = Finding.objects.filter(scan=scan)
    groups = dict(rows.order_by().values_list("severity").annotate(Count("pk")))
    numbers = {severity.value: groups.get(severity.value, 0) for severity in Severity}
    numbers |= {
        "findings": sum(groups.values()),
        "objects": scan.evidence.get("objects", 0),
        "bytes": scan.evidence.get("bytes_read", 0),
    }
    keys = set(rows.values_list("key", flat=True))
    if known.seen is not None:
        numbers["new"] = len(keys - known.seen)
    if known.last is not None and not scan.evidence.get("reasons"):
        numbers["fixed"] = len(known.last - keys)
    return numbers


def _found(number: int) -> str:
    return f"{number:,} finding{'' if number == 1 else 's'}"
