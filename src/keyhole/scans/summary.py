"""The numbers of a scan, and how it compares with the scan of the same thing before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from keyhole.core.finding import Severity
from keyhole.scans.models import Finding, Scan, State


@dataclass(frozen=True, slots=True)
class Summary:
    """What a page or a terminal says about a scan first."""

    state: State
    by_severity: dict[str, int]
    """Number of findings per severity, worst first, zeros included."""
    findings: int
    new: int | None
    """Findings that the scan before did not have; None if there is none to compare with."""
    fixed: int | None
    """Findings of the scan before that this one does not have; None as above."""
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


def before(scan: Scan) -> frozenset[str] | None:
    """Keys of the findings of the scan before: the last complete one of the same repository, ref and scanners.

    None if there is none. One that was incomplete is no measure: what it did not see would look new now.
    """
    earlier = (
        Scan.objects.filter(
            repository=scan.repository_id,
            ref=scan.ref,
            scanners=scan.scanners,
            state=State.COMPLETE,
            pk__lt=scan.pk,
        )
        .order_by("-pk")
        .first()
    )
    if earlier is None:
        return None
    return frozenset(Finding.objects.filter(scan=earlier).values_list("key", flat=True))


def counted(scan: Scan, known: frozenset[str] | None) -> dict[str, int]:
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
    if known is not None:
        keys = set(rows.values_list("key", flat=True))
        numbers["new"] = len(keys - known)
        if not scan.evidence.get("reasons"):
            numbers["fixed"] = len(known - keys)
    return numbers


def _found(number: int) -> str:
    return f"{number:,} finding{'' if number == 1 else 's'}"
