"""Having GitHub told again what it was not told of a scan."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.plural import counted
from keyhole.reports.github.services import tell_again
from keyhole.web.caller import caller_of
from keyhole.web.registry import page


@page(
    "scans/<int:number>/tell",
    name="scan-tell",
    title="Tell GitHub again",
    action="scan:run",
    section="scans",
    methods=("POST",),
)
def tell(request: HttpRequest, number: int) -> HttpResponseBase:
    """What failed is tried again, by a job."""
    count = tell_again(caller_of(request), number)
    messages.success(request, f"{counted(count, 'thing')} will be told again in a moment.", "ok")
    return redirect("scan", number)
