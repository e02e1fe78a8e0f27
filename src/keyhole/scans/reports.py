"""The result of a scan that is kept: the same as of one that was not."""

from __future__ import annotations

import dataclasses

from keyhole.core.errors import Conflict
from keyhole.core.finding import ScanResult
from keyhole.scans.models import Inventory, Scan, State

_WITH_RESULT = frozenset({State.COMPLETE, State.INCOMPLETE})


def result(scan: Scan) -> ScanResult:
    """What the scan came to. Conflict if it came to nothing: it runs, was stopped, or failed."""
    bare = outcome(scan)
    found = tuple(row.as_core() for row in scan.findings.all())
    inventory = Inventory.objects.filter(scan=scan).first()
    libraries = inventory.libraries() if inventory is not None else ()
    return dataclasses.replace(bare, findings=found, libraries=libraries)


def outcome(scan: Scan) -> ScanResult:
    """The same without its findings and libraries. Conflict as well."""
    if scan.state not in _WITH_RESULT:
        raise Conflict(f"This scan is {scan.state}, so there is no result to report.")
    names = {field.name for field in dataclasses.fields(ScanResult)}
    kept = {name: value for name, value in scan.evidence.items() if name in names}
    return ScanResult.from_json({**kept, "findings": []})
