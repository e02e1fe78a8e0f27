"""One finding: its code, why it matters, what to do, where else it is, and its history."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.terms import Kind
from keyhole.findings import apart, code
from keyhole.findings import services as findings
from keyhole.findings.models import Problem
from keyhole.web.caller import caller_of
from keyhole.web.forms.findings import KINDS
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page("findings/<int:number>", name="finding", title="Finding", action="finding:read", section="findings")
def one(request: HttpRequest, number: int) -> HttpResponse:
    """All that is known of it, and what can be decided about it."""
    caller = caller_of(request)
    row = findings.get(caller, number)
    data = row.data
    return show(
        request,
        "web/finding.html",
        title=row.title,
        row=row,
        data=data,
        kind=KINDS[Kind(row.kind)],
        code=code.around(caller, row),
        package=(data.get("package") or [None])[0],
        places=data["locations"],
        more=max(0, data["occurrences"] - len(data["locations"])),
        sightings=row.sightings.select_related("since_scan", "last_scan").order_by("-present", "ref"),
        history=findings.history(caller, row),
        merged=row.merged.select_related("repository__owner").order_by("rank", "-id"),
        parted=apart.parted(row).exists(),
        crumbs=trail("findings"),
    )


@page(
    "findings/<int:number>/unmerge",
    name="finding-unmerge",
    title="Show for itself",
    action="finding:decide",
    section="findings",
    methods=("POST",),
)
def unmerge(request: HttpRequest, number: int) -> HttpResponseBase:
    """It is not the same as the one that is shown for it; later scans keep to that."""
    row = apart.unmerge(caller_of(request), number)
    messages.success(request, f"“{row.title}” is shown for itself, also after the next scans.", "ok")
    return redirect("finding", number)


@page(
    "findings/<int:number>/merge",
    name="finding-merge",
    title="Merge again",
    action="finding:decide",
    section="findings",
    methods=("POST",),
)
def merge(request: HttpRequest, number: int) -> HttpResponseBase:
    """Take back that it was parted from others."""
    row: Problem = apart.merge_again(caller_of(request), number)
    said = "is merged again" if row.merged_into else "may be merged again; nothing is the same as it now"
    messages.success(request, f"“{row.title}” {said}.", "ok")
    return redirect("finding", number)
