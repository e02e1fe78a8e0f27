"""A stored scan as the result that reports are made of."""

from __future__ import annotations

from keyhole.core.errors import Conflict
from keyhole.core.finding import ScanResult
from keyhole.scans.models import Scan, State

_WITH_RESULT = frozenset({State.COMPLETE, State.INCOMPLETE})


def result(scan: Scan) -> ScanResult:
    """What the scan came to, as it was when it ended. Conflict for one that has no result (yet)."""
    if scan.state not in _WITH_RESULT or "rules_version" not in scan.evidence:
        raise Conflict(f"The scan has no result: it is {scan.get_state_display().lower()}.",
                       hint="Run it again.")
    kept = {name: scan.evidence[name] for name in ScanResult.__slots__ if name != "findings"}
    return ScanResult.from_json({**kept, "findings": list(scan.findings.values_list("data", flat=True))})
