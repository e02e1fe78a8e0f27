"""The history of code scans: every run, and two of them beside each other."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from keyhole.core.errors import InvalidInput
from keyhole.core.terms import Severity
from keyhole.reports import history as runs
from keyhole.repositories import services as repositories
from keyhole.scans.models import Scan, State, Trigger
from keyhole.web.caller import caller_of
from keyhole.web.forms.history import HistoryForm
from keyhole.web.forms.numbers import whole_number
from keyhole.web.registry import page, trail
from keyhole.web.render import show
from keyhole.web.times import duration

_SHOWN = 50
_MOST_LISTED = 200


@page("scans/history", name="history", title="History", action="scan:read", section="scans")
def listing(request: HttpRequest) -> HttpResponse:
    """Every run that matches, newest first, fifty at a time."""
    caller = caller_of(request)
    form = HistoryForm(request.GET.dict())
    before = whole_number(request.GET.get("before", ""))
    rows = runs.runs(caller, form.wanted)
    count = 0 if form.problems else rows.count()
    found = [] if form.problems else list((rows.filter(pk__lt=before) if before else rows)[: _SHOWN + 1])
    return show(
        request,
        "web/history.html",
        status=422 if form.problems else 200,
        title="History",
        form=form,
        runs=[_run(scan) for scan in found[:_SHOWN]],
        count=count,
        states=State.choices,
        triggers=Trigger.choices,
        repositories=repositories.list_repositories(caller),
        query=urlencode(form.given),
        older=found[_SHOWN - 1].pk if len(found) > _SHOWN else None,
        paged=bool(before),
        crumbs=trail("scans"),
    )


def _run(scan: Scan) -> dict[str, object]:
    levels = [(level.value, level.value[0].upper(), scan.counters.get(level.value, 0)) for level in Severity]
    return {
        "scan": scan,
        "took": duration(scan.duration),
        "levels": [level for level in levels if level[2]],
        "has_result": scan.state in (State.COMPLETE, State.INCOMPLETE),
    }


@page("scans/compare", name="compare", title="Compare", action="scan:read", section="scans")
def compare(request: HttpRequest) -> HttpResponseBase:
    """Two runs beside each other, the older one first; chosen in the history, or given as `a` and `b`."""
    caller = caller_of(request)
    chosen = request.GET.getlist("run") or [request.GET.get("a", ""), request.GET.get("b", "")]
    if len(chosen) != 2 or not all(chosen):
        raise InvalidInput(
            "Choose two runs to compare.", field="run", hint="Tick two of them in the history."
        )
    first, second = sorted(map(whole_number, chosen))
    if request.GET.getlist("run"):
        return redirect(f"{reverse('compare')}?{urlencode({'a': first, 'b': second})}")
    found = runs.compare(caller, first, second)
    return show(
        request,
        "web/compare.html",
        title="Compare",
        found=found,
        new=found.new[:_MOST_LISTED],
        gone=found.gone[:_MOST_LISTED],
        libraries=found.libraries[:_MOST_LISTED],
        most=_MOST_LISTED,
        crumbs=trail("scans", "history"),
    )
