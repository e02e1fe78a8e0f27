"""Looking up what a report says: the only part of making one that asks the database."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from keyhole.reports.dataset import Dataset, Row, source_of
from keyhole.scans.models import Scan
from keyhole.scans.reports import result


def of_scan(scan: Scan, at: datetime | None = None) -> Dataset:
    """The report of a scan, made at that moment or now. Conflict if the scan came to nothing."""
    found = result(scan)
    name = scan.repository.full_name
    history = f"the history of {scan.ref_name}" if scan.ref else "the whole history"
    source = source_of(
        found,
        number=scan.pk,
        name=scan.name,
        repository=name,
        ref=scan.ref_name,
        started=rfc3339(scan.started_at),
        finished=rfc3339(scan.finished_at),
    )
    return Dataset(
        title=scan.name,
        about=f"Code scan {scan.pk} of {name}, {history}.",
        made_at=rfc3339(at or timezone.now()),
        sources=(source,),
        rows=tuple(Row(finding, name) for finding in found.findings),
        libraries=found.libraries,
    )


def rfc3339(moment: datetime | None) -> str:
    """The moment in UTC, to the second; empty for none."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""
