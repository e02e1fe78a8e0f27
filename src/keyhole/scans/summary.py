"""The numbers of a scan, and how it compares with the scan of the same thing before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from keyhole.core.terms import Severity
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
    imported: bool
    """Whether its findings came in a file, so that nothing was read."""

    @property
    def clean(self) -> bool:
        """Whether everything was read and nothing found. Neither an incomplete scan nor a file is ever clean."""
        return self.state is State.COMPLETE and self.findings == 0 and not self.imported

    @property
    def verdict(self) -> str:
        """One sentence that says it."""
        match self.state:
            case State.COMPLETE if self.clean:
                return "Nothing found, and everything was read."
            case State.COMPLETE if self.findings == 0:
                return "No findings in the imported file. Keyhole itself read nothing for it."
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
        imported=scan.imported,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of a repository before a scan of it."""

    seen: frozenset[str] | None
    """Keys of all findings that the last scans of it had, of whatever branch and by whichever scanners; None if there
    were none."""
    last: frozenset[str] | None
    """Those that the last complete scan of the same ref and scanners counted; None if there is none. One that was
    incomplete is no measure of what is gone."""


def before(scan: Scan) -> Known:
    """What was known before this scan."""
    earlier = Scan.objects.filter(
        repository=scan.repository_id, state__in=(State.COMPLETE, State.INCOMPLETE), pk__lt=scan.pk
    ).order_by("-pk")
    same = earlier.filter(ref=scan.ref, scanners=scan.scanners, state=State.COMPLETE).first()
    last = _keys([same.pk], shown_as="") if same is not None else None
    recent = [*_recent(earlier), *([same.pk] if same is not None else [])]
    return Known(_keys(recent) if recent else None, last)


def _recent(earlier: QuerySet[Scan]) -> Iterator[int]:
    """Of each branch and set of scanners, the last complete scan and those after it that did not see everything."""
    settled = set()
    for number, ref, scanners, state in earlier.values_list("pk", "ref", "scanners", "state")[:_LOOKED_BACK]:
        what = ref, *sorted(scanners)
        if what not in settled:
            yield number
        if state == State.COMPLETE:
            settled.add(what)


def _keys(scans: list[int], **only: str) -> frozenset[str]:
    rows = Finding.objects.filter(scan__in=scans, **only)
    return frozenset(rows.order_by().values_list("key", flat=True).distinct())


def counted(scan: Scan, known: Known) -> dict[str, Any]:
    """The counters of a scan whose findings are stored, see `Scan.counters`; `known` is what `before` says.

    What is shown as another finding is not counted. An incomplete scan fixes nothing: it may just not have seen what
    is missing.
    """
    rows = Finding.objects.filter(scan=scan).order_by()
    listed = list(rows.filter(shown_as="").values_list("key", "severity"))
    numbers: dict[str, Any] = _by_severity(severity for _, severity in listed)
    numbers |= {
        "findings": len(listed),
        "merged": rows.exclude(shown_as="").count(),
        "objects": scan.evidence.get("objects", 0),
        "bytes": scan.evidence.get("bytes_read", 0),
    }
    if known.seen is not None:
        new = [severity for key, severity in listed if key not in known.seen]
        numbers |= {"new": len(new), "new_by_severity": _by_severity(new)}
    if known.last is not None and not scan.evidence.get("reasons"):
        numbers["fixed"] = len(known.last.difference(rows.values_list("key", flat=True)))
    return numbers


def _by_severity(severities: Iterable[str]) -> dict[str, int]:
    numbers = Counter(severities)
    return {severity.value: numbers[severity] for severity in Severity}


def _found(number: int) -> str:
    return f"{number:,} finding{'' if number == 1 else 's'}"
