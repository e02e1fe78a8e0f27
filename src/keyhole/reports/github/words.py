"""What a scan came to, in the words and states that GitHub shows."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a scan."""

    scan: Scan
    verdict: Verdict | None
    """None if no policy judged it."""
    report: Dataset
    rows: tuple[Row, ...]
    """Findings that wait for somebody, worst first."""

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
    def context(self) -> str:
        """Name of the status: one for each environment."""
        return f"keyhole/{self.scan.environment}" if self.scan.environment is not None else "keyhole"

    @property
    def url(self) -> str:
        """The scan's page here."""
        return f"{settings.KEYHOLE_URL}/scans/{self.scan.pk}"


def told_of(scan: Scan) -> Told:
    """What GitHub is told of a scan that has a result."""
    report = of_scan(scan)
    done = aside(scan, frozenset(row.finding.id for row in report.rows), timezone.now())
    rows = sorted(
        (row for row in report.rows if row.open and row.finding.id not in done),
        key=lambda row: _SEVERITIES.index(row.finding.severity),
    )
    return Told(scan, kept_verdict(scan), report, tuple(rows))
