"""A report as JSON: the fields of a scan's result, and under `report` what people and time added to it."""

from __future__ import annotations

import json
from typing import Any

from keyhole.core.strict_json import encode_fields
from keyhole.reports.dataset import Dataset, Row
from keyhole.reports.renderers.interface import Renderer

_FORMAT = "keyhole-report/1"


def document(data: Dataset) -> dict[str, Any]:
    """The report as plain data. Without `report` it is what `ScanResult.from_json` reads."""
    return {
        **data.as_result().to_json(),
        "report": {
            "format": _FORMAT,
            "made_by": data.made_by,
            "made_at": data.made_at,
            "title": data.title,
            "about": data.about,
            "verdict": data.verdict,
            "open": {"severities": data.by_severity, "kinds": data.by_kind},
            "scans": [encode_fields(source) for source in data.sources],
            # In the order of the findings: one finding may be in several repositories.
            "findings": [_row(row) for row in data.rows],
        },
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.finding.id,
        "repository": row.repository,
        "status": row.status,
        "open": row.open,
        "due": row.due,
        "decision": encode_fields(row.decided[0]) if row.decided else None,
    }


def _render(data: Dataset) -> bytes:
    return json.dumps(document(data), indent=2).encode() + b"\n"


RENDERER = Renderer(
    id="json",
    title="JSON",
    about="everything, for programs",
    suffix="json",
    media="application/json",
    render=_render,
)
