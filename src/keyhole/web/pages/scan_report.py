"""Downloads of a scan's result: SARIF for tools that show findings beside code, JSON for everything else."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse

from keyhole.core.errors import NotFound
from keyhole.scanners.report_sarif import sarif
from keyhole.scans import reports
from keyhole.scans import services as scans
from keyhole.web.caller import caller_of
from keyhole.web.registry import page

_TYPES = {"sarif": "application/sarif+json", "json": "application/json"}


@page(
    "scans/<int:number>/report.<str:kind>",
    name="scan-report",
    title="Report",
    action="scan:read",
    section="scans",
)
def report(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """The whole result as a file. Conflict while there is none."""
    if kind not in _TYPES:
        raise NotFound("There is no report of this kind.", hint="There are SARIF and JSON.")
    result = reports.result(scans.get(caller_of(request), number))
    body = sarif(result) if kind == "sarif" else result.to_json()
    response = HttpResponse(json.dumps(body, indent=2), content_type=_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="keyhole-scan-{number}.{kind}"'
    return response
