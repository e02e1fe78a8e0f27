"""Reports over findings: what a filter shows, taken away in every format, or shared by link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from keyhole.reports import services
from keyhole.reports.dataset import Dataset
from keyhole.web.caller import caller_of
from keyhole.web.forms.findings import FindingsForm
from keyhole.web.forms.share import shared
from keyhole.web.registry import page, trail


@page(
    "findings/report.<str:kind>",
    name="findings-report",
    title="Report",
    action="finding:read",
    section="findings",
)
def report(request: HttpRequest, kind: str) -> HttpResponse:
    """What the filter in the address shows, all of it, as a file."""
    found = services.document(_dataset(request), kind, "keyhole-findings")
    response = HttpResponse(found.body, content_type=found.media)
    response["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return response


@page(
    "findings/share",
    name="findings-share",
    title="Share by link",
    action="report:share",
    section="findings",
    methods=("GET", "POST"),
)
def share(request: HttpRequest) -> HttpResponse:
    """The form; sent, it shows the link to what the filter shows now, once."""
    form = FindingsForm(request.GET)
    return shared(request, _dataset(request), back=f"/findings?{form.query()}", crumbs=trail("findings"))


def _dataset(request: HttpRequest) -> Dataset:
    form = FindingsForm(request.GET)
    form.check()
    return services.of_filter(caller_of(request), form.wanted)
