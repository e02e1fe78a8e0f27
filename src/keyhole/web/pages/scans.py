"""Code scans: the list, one scan while it runs and afterwards, and what can be done with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.caller import Caller
from keyhole.core.terms import Severity
from keyhole.findings import services as problems
from keyhole.findings.models import Problem
from keyhole.scans import services as scans
from keyhole.scans.models import Finding, Scan, Stage
from keyhole.web.caller import caller_of
from keyhole.web.registry import Nav, page, trail
from keyhole.web.render import show
from keyhole.web.times import duration

_LISTED = 100
_SHOWN = 500
_COUNTED: dict[str, str] = {Stage.FETCH: "objects", Stage.READ: "objects", Stage.FILES: "files"}
"""What the numbers are of, in the stages that know how many there will be."""


@page("scans", name="scans", title="Code scans", action="scan:read", nav=Nav("Code scans", 30))
def listing(request: HttpRequest) -> HttpResponse:
    """The newest scans; the history has the older ones."""
    rows = scans.list_scans(caller_of(request)).select_related("judgement").defer("log")
    found = list(rows[: _LISTED + 1])
    older = found[_LISTED - 1].pk if len(found) > _LISTED else None
    return show(request, "web/scans.html", title="Code scans", scans=found[:_LISTED], older=older)


@page("scans/<int:number>", name="scan", title="Code scan", action="scan:read", section="scans")
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Progress while it runs; what it found, and whether it saw everything, afterwards."""
    caller = caller_of(request)
    scan = scans.get(caller, number)
    found, merged = _found(caller, number)
    severity = request.GET.get("severity", "")
    shown = [finding for finding in found if not severity or finding.severity == severity]
    counts = [(level.value, sum(finding.severity == level for finding in found)) for level in Severity]
    return show(
        request,
        "web/scan.html",
        title=scan.name,
        scan=scan,
        found=found,
        shown=shown[:_SHOWN],
        hidden=len(shown[_SHOWN:]),
        severity=severity,
        counts=[pair for pair in counts if pair[1]],
        numbers=dict(counts),
        merged=sum(map(len, merged.values())),
        rows=_rows(caller, scan, shown[:_SHOWN], merged),
        crumbs=trail("scans"),
        **_progress(scan),
    )


@page(
    "scans/<int:number>/progress", name="scan-progress", title="Progress", action="scan:read", section="scans"
)
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """The parts of a running scan's page that change."""
    scan = scans.get(caller_of(request), number)
    response = show(request, "web/parts/scan_followed.html", scan=scan, **_progress(scan))
    if scan.finished:
        response["X-Keyhole-Finished"] = "1"
    return response


@page(
    "scans/<int:number>/run",
    name="scan-run",
    title="Run scan",
    action="scan:run",
    section="scans",
    methods=("POST",),
)
def run(request: HttpRequest, number: int) -> HttpResponseBase:
    """Run it, or run it again: the earlier run stays as it is."""
    return redirect("scan", scans.run(caller_of(request), number).pk)


@page(
    "scans/<int:number>/stop",
    name="scan-stop",
    title="Stop scan",
    action="scan:change",
    section="scans",
    methods=("POST",),
)
def stop(request: HttpRequest, number: int) -> HttpResponseBase:
    """Ask a running scan to stop; what it found so far is not kept as a result."""
    scans.stop(caller_of(request), number)
    return redirect("scan", number)


@page(
    "scans/<int:number>/delete",
    name="scan-delete",
    title="Delete scan",
    action="scan:change",
    section="scans",
    methods=("GET", "POST"),
)
def delete(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, saying what is lost; then deletes it with its findings. One that runs is refused unasked."""
    caller = caller_of(request)
    scan = scans.get_to_delete(caller, number)
    if request.method == "POST":
        scans.delete(caller, number)
        messages.success(request, f"{scan.name} is deleted, with its findings.", "ok")
        return redirect("scans")
    found = _found(caller, number)[0]
    return show(
        request,
        "web/scan_delete.html",
        title="Delete scan",
        scan=scan,
        found=found,
        crumbs=[*trail("scans"), (f"/scans/{number}", scan.name)],
    )


def _progress(scan: Scan) -> dict[str, Any]:
    stages = [stage for stage in Stage if stage is not Stage.FETCH or not scan.repository.is_served]
    reached = stages.index(Stage(scan.stage)) if scan.stage in stages else -1
    return {
        "stages": [
            (stage.label, "done" if place < reached or scan.finished else "now" if place == reached else "")
            for place, stage in enumerate(stages)
        ],
        "stage_label": _label(scan, stages[reached] if reached >= 0 else None),
        "counted": "" if scan.stop_requested else _COUNTED.get(scan.stage, ""),
        "took": duration(scan.duration),
    }


def _label(scan: Scan, stage: Stage | None) -> str:
    if scan.stop_requested:
        return "Stopping"
    return stage.label if stage is not None else "Waiting for its turn"


_Merged = Mapping[str, list[Finding]]
"""Findings that are shown as another one, by its key."""


def _found(caller: Caller, number: int) -> tuple[list[Finding], _Merged]:
    """The findings of a scan that are listed and counted, and the others."""
    listed, merged = [], defaultdict(list)
    for finding in scans.findings(caller, number):
        if finding.shown_as:
            merged[finding.shown_as].append(finding)
        else:
            listed.append(finding)
    return listed, merged


def _rows(caller: Caller, scan: Scan, found: list[Finding], merged: _Merged) -> list[dict[str, object]]:
    known = problems.by_key(caller, scan.repository_id, [finding.key for finding in found])
    return [_row(each, known.get(each.key), merged.get(each.key, [])) for each in found]


def _row(finding: Finding, problem: Problem | None, merged: list[Finding]) -> dict[str, object]:
    """A finding as the table shows it; the stored form has the details that columns have not."""
    data = finding.data
    return {
        "finding": finding,
        "problem": problem,
        "merged": merged,
        "why": data.get("why", ""),
        "fix": data.get("fix", ""),
        "last4": data.get("last4", ""),
        "more": max(0, int(data.get("occurrences", 1)) - 1),
    }
