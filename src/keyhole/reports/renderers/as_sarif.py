"""A report as SARIF 2.1.0, one run for each repository; what was decided about shows as suppressed.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html (3.35 for suppressions).
"""

from __future__ import annotations

import json
from typing import Any

from keyhole.reports.dataset import Dataset, Row
from keyhole.reports.outline import decision
from keyhole.reports.renderers.interface import Renderer
from keyhole.reports.renderers.sarif import sarif


def document(data: Dataset) -> dict[str, Any]:
    """The whole log as plain data."""
    log = sarif(data.as_result())
    log["runs"] = [_run(data.of_repository(name)) for name in data.repositories]
    return log


def _run(data: Dataset) -> dict[str, Any]:
    run: dict[str, Any] = sarif(data.as_result())["runs"][0]
    run["properties"]["repository"] = data.repositories[0]
    if data.policies:
        run["properties"]["policy"] = "; ".join(data.policies)
    for result, row in zip(run["results"], data.rows, strict=True):
        if suppressions := _suppressions(row):
            result["suppressions"] = suppressions
    return run


def _suppressions(row: Row) -> list[dict[str, Any]]:
    return [
        {"kind": "external", "status": "accepted", "justification": decision(each)} for each in row.decided
    ]


def _render(data: Dataset) -> bytes:
    return json.dumps(document(data), indent=2).encode() + b"\n"


RENDERER = Renderer(
    id="sarif",
    title="SARIF",
    about="SARIF 2.1.0, for tools that show findings beside code",
    suffix="sarif",
    media="application/sarif+json",
    render=_render,
)
