"""What a scan came to, in the words and states that GitHub shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from keyhole.core.gates import Verdict
from keyhole.core.plural import counted
from keyhole.core.redact import one_line
from keyhole.core.terms import Severity
from keyhole.findings.judging import aside, kept_verdict
from keyhole.reports.dataset import Dataset, Row
from keyhole.reports.gather import of_scan
from keyhole.scans.models import Scan, State

_SEVERITIES = list(Severity)
DESCRIPTION = 140
"""Characters of a commit status's description that GitHub takes."""
_STATES = ("failure", "error", "success")
"""Of a commit status, worst first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of telling."""

    said: str
    url: str = ""
    nothing: bool = False
    """Whether there was nothing to tell, or nobody."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a scan."""

    scan: Scan
    verdict: Verdict | None
    """None if no policy judged it."""
    report: Dataset
    rows: tuple[Row, ...]
    """Findings of the commit that nobody has decided about, worst first; also those that a later commit mended."""

    @property
    def complete(self) -> bool:
        """Whether everything was seen."""
        return self.scan.state == State.COMPLETE

    @property
    def state(self) -> str:
        """For a commit status. What was not seen is never a success."""
        if self.verdict is not None and not self.verdict.passed:
            return "failure"
        if not self.complete:
            return "error"
        return "failure" if self.verdict is None and self.rows else "success"

    @property
    def sentence(self) -> str:
        """What it came to, in at most `DESCRIPTION` characters."""
        return one_line(self._sentence(), DESCRIPTION)

    def _sentence(self) -> str:
        if self.verdict is not None and not self.verdict.passed:
            first = self.verdict.breaches[0].demand
            more = len(self.verdict.breaches) - 1
            return f"{self.verdict.policy} is breached: {first}" + (f", and {more} more" if more else "")
        if not self.complete:
            return f"Not everything could be read: {self.scan.reason}"
        if self.verdict is not None:
            return f"Passed: every gate of {self.verdict.policy}"
        if self.rows:
            return counted(len(self.rows), "finding")
        return (
            "No findings in the imported file"
            if self.scan.imported
            else "Nothing found, and everything was read"
        )

    @property
    def url(self) -> str:
        """The scan's page here."""
        return f"{settings.KEYHOLE_URL}/scans/{self.scan.pk}"


@dataclass(frozen=True, slots=True)
class Whole:
    """What is told of a commit: what all scans of it say that count."""

    parts: tuple[Told, ...]
    """At least one; the worst first, and of those that are alike the newest."""

    @property
    def commit(self) -> str:
        """Object id of the commit."""
        return self.parts[0].scan.commit

    @property
    def state(self) -> str:
        """For a commit status: that of the worst part."""
        return self.parts[0].state

    @property
    def sentence(self) -> str:
        """What it came to, in at most `DESCRIPTION` characters."""
        if len(self.parts) == 1:
            return self.parts[0].sentence
        said = [part.sentence for part in self.parts if part.state == self.state]
        worst = "" if len(said) == len(self.parts) else ", at worst"
        return one_line(f"{len(self.parts)} scans{worst}: {'; '.join(dict.fromkeys(said))}", DESCRIPTION)

    @property
    def context(self) -> str:
        """Name of the status, as the newest scan has it."""
        return context_of(max((part.scan for part in self.parts), key=lambda scan: scan.pk))

    @property
    def url(self) -> str:
        """The page here of the scan that says the worst."""
        return self.parts[0].url


def context_of(scan: Scan) -> str:
    """Name of the status that a scan's commit gets: one for each environment."""
    return f"keyhole/{scan.environment}" if scan.environment is not None else "keyhole"


def whole_of(scans: Iterable[Scan]) -> Whole:
    """What is told of a commit of which these scans count, newest first."""
    return Whole(tuple(sorted(map(told_of, scans), key=lambda part: _STATES.index(part.state))))


def told_of(scan: Scan) -> Told:
    """What GitHub is told of a scan that has a result."""
    report = of_scan(scan)
    done = aside(scan, frozenset(row.finding.id for row in report.rows), timezone.now())
    rows = sorted(
        # What is fixed is so where the branch is now: the commit that was scanned has it for ever.
        (row for row in report.rows if not row.decided and row.finding.id not in done),
        key=lambda row: _SEVERITIES.index(row.finding.severity),
    )
    return Told(scan, kept_verdict(scan), report, tuple(rows))
