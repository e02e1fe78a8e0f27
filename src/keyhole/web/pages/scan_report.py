"""Downloads of a scan's report, in every format that there is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from keyhole.reports import services as reports
from keyhole.web.caller import caller_of
from keyhole.web.registry import page


@page(
    "scans/<int:number>/report.<str:kind>",
    name="scan-report",
    title="Report",
    action="scan:read",
    section="scans",
)
def report(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """The whole report as a file. Conflict while there is none."""
    found = reports.scan_document(caller_of(request), number, kind)
    response = HttpResponse(found.body, content_type=found.media)
    response["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return response
