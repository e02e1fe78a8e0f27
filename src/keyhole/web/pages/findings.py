"""Findings through all scans: looking for them, views of them that people keep, and secrets apart from the rest."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from keyhole.core.caller import Caller
from keyhole.core.terms import Severity
from keyhole.findings import numbers, saved
from keyhole.findings import services as findings
from keyhole.findings.paging import after
from keyhole.repositories import services as repositories
from keyhole.scanners.registry import all_scanners
from keyhole.web.caller import caller_of
from keyhole.web.forms.findings import DUE, EPSS, KINDS, ORDERS, SHOWN, STATES, FindingsForm
from keyhole.web.registry import Nav, page, trail
from keyhole.web.render import show

SHOWN_AT_ONCE = 50


@page("findings", name="findings", title="Findings", action="finding:read", nav=Nav("Findings", 35))
def listing(request: HttpRequest) -> HttpResponse:
    """What matches, a page of it, with how many there are of each kind."""
    caller = caller_of(request)
    form = FindingsForm(request.GET)
    places = {row.pk: row.full_name for row in repositories.list_repositories(caller)}
    counts = numbers.facets(caller, form.wanted)
    total = counts["total"].get("all", 0)
    return show(
        request,
        "web/findings.html",
        status=422 if form.problems else 200,
        title="Findings",
        form=form,
        total=total,
        tabs=[
            (
                SHOWN[part],
                counts["show"].get(part, 0),
                form.query("show", show=part),
                part is form.wanted.show,
            )
            for part in SHOWN
        ],
        severities=[
            (each.value, number, form.toggled("severity", each.value), each in form.wanted.severity)
            for each in Severity
            if (number := counts["severity"].get(each.value, 0)) or each in form.wanted.severity
        ],
        kinds=[
            (KINDS[kind], number, form.toggled("kind", kind), kind in form.wanted.kind)
            for kind in KINDS
            if (number := counts["kind"].get(kind, 0)) or kind in form.wanted.kind
        ],
        chips=form.chips(places),
        places=sorted(places.items(), key=lambda pair: pair[1].lower()),
        scanners=[(scanner.id, scanner.title) for scanner in all_scanners().values()],
        **_choices(),
        **_views(caller),
        **_rows(request, caller, form, total),
    )


def _choices() -> dict[str, Any]:
    return {
        "states": [(str(value), text) for value, text in STATES.items()],
        "dues": [(str(value), text) for value, text in DUE.items()],
        "orders": [(str(value), text) for value, text in ORDERS.items()],
        "probabilities": list(EPSS.items()),
    }


def _rows(request: HttpRequest, caller: Caller, form: FindingsForm, total: int) -> dict[str, Any]:
    given = request.GET.get("after", "")
    place = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
    found = findings.list_problems(caller, form.wanted)
    if place is not None:
        found = after(found, form.wanted.order, place)
    # To find that nothing matches takes as long as to count it, which is done already.
    rows = list(found[: SHOWN_AT_ONCE + 1]) if total and not form.problems else []
    shown = rows[:SHOWN_AT_ONCE]
    return {
        "rows": shown,
        "further": form.query(after=str(shown[-1].pk)) if len(rows) > SHOWN_AT_ONCE else "",
        "paged": place is not None,
    }


def _views(caller: Caller) -> dict[str, Any]:
    kept = list(saved.views(caller))
    return {"views": kept, "own_views": [view for view in kept if view.owner_id == caller.user_id]}


@page(
    "findings/views",
    name="finding-view-save",
    title="Save view",
    action="finding:read",
    section="findings",
    methods=("POST",),
)
def save(request: HttpRequest) -> HttpResponseBase:
    """Keep the filter under a name. What is not a filter is left out of it."""
    caller, form = caller_of(request), FindingsForm(QueryDict(request.POST.get("query", "")[:4000]))
    form.check()
    findings.check_scanners(caller, form.wanted.scanner)
    query = form.query()
    view = saved.save_view(
        caller, request.POST.get("name", ""), query, shared=bool(request.POST.get("shared"))
    )
    messages.success(request, f"The view “{view.name}” is kept.", "ok")
    return redirect(f"{reverse('findings')}?{query}")


@page(
    "findings/views/<int:number>/remove",
    name="finding-view-remove",
    title="Remove view",
    action="finding:read",
    section="findings",
    methods=("POST",),
)
def remove(request: HttpRequest, number: int) -> HttpResponseBase:
    """Remove a view of one's own; whoever else opened it finds it gone."""
    saved.remove_view(caller_of(request), number)
    messages.success(request, "The view is removed.", "ok")
    return redirect("findings")


@page("findings/secrets", name="finding-secrets", title="Secrets", action="finding:read", section="findings")
def secrets(request: HttpRequest) -> HttpResponse:
    """Secrets that are open: where and since which commit, and what to do about each."""
    caller = caller_of(request)
    sent = request.GET.copy()
    sent.setlist("kind", ["secret"])
    form = FindingsForm(sent)
    total = findings.list_problems(caller, form.wanted).count()
    rows = _rows(request, caller, form, total)
    rows["rows"] = [(row, row.data) for row in _with_details(rows["rows"])]
    return show(
        request,
        "web/secrets.html",
        title="Secrets",
        form=form,
        total=total,
        crumbs=trail("findings"),
        **rows,
    )


def _with_details(rows: list[Any]) -> list[Any]:
    prefetch_related_objects(rows, "detail")
    return rows
