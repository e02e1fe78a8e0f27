"""The audit log: finding records, writing them out, checking the chain, and one record in plain words."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit import head
from keyhole.audit import search as searching
from keyhole.audit.explain import explain as told
from keyhole.audit.export import FORMS, lines
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify as checked
from keyhole.core.errors import InvalidInput
from keyhole.tokens import services as tokens
from keyhole.web.caller import caller_of
from keyhole.web.forms.audit import AuditForm
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_SHOWN = 50


@page("audit", name="audit", title="Audit log", action="audit:read", section="settings")
def log(request: HttpRequest) -> HttpResponse:
    """The newest records that match, or those before a position."""
    form = AuditForm(request.GET, caller_of(request))
    before = request.GET.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = [] if form.problems else searching.find(form.wanted, _SHOWN + 1, place)
    shown = found[:_SHOWN]
    query = urlencode(form.given)
    return show(
        request,
        "web/audit.html",
        status=422 if form.problems else 200,
        title="Audit log",
        form=form,
        entries=shown,
        actions=searching.actions(),
        query=query,
        older=shown[-1].seq if len(found) > _SHOWN else None,
        paged=place is not None,
        tabs=[(value, text, urlencode({**form.given, "outcome": value})) for value, text in _OUTCOMES],
        crumbs=trail("settings"),
    )


_OUTCOMES = (("", "All"), ("denied", "Denied"), ("allowed", "Allowed"))


@page(
    "audit/export",
    name="audit-export",
    title="Export",
    action="audit:read",
    section="settings",
    methods=("POST",),
)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Every record that matches, as a file, oldest first. That it was taken away is itself on record."""
    caller = caller_of(request)
    form = AuditForm(request.POST, caller)
    kind = request.POST.get("format", "")
    if form.problems:
        raise next(iter(form.problems.values()))
    if kind not in FORMS:
        raise InvalidInput("There is no such format.", field="format", hint="It is json or csv.")
    end = searching.last()
    append(Draft("audit:export", ALLOWED, caller.as_actor(), {"format": kind, **form.given}))
    name = f"keyhole-audit-{datetime.now(UTC):%Y%m%d-%H%M%S}.{'csv' if kind == 'csv' else 'jsonl'}"
    response = StreamingHttpResponse(
        lines(kind, form.wanted, end),
        content_type="text/csv; charset=utf-8" if kind == "csv" else "application/x-ndjson",
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@page(
    "audit/verify",
    name="audit-verify",
    title="Verify",
    action="audit:verify",
    section="settings",
    methods=("POST",),
)
def verify(request: HttpRequest) -> HttpResponse:
    """Check the whole chain now."""
    began = timezone.now()
    report = checked()
    return show(
        request,
        "web/audit_verify.html",
        title="Audit log verified",
        report=report,
        at=began,
        noted=head.path().name,
        crumbs=trail("settings", "audit"),
    )


@page("explain/<str:entry_id>", name="explain", title="Why", action="token:read", section="settings")
def explain(request: HttpRequest, entry_id: str) -> HttpResponse:
    """One record in plain words. For whoever may see the token that it is about, or the whole log."""
    entry = Entry.objects.filter(id=entry_id).first()
    token = None
    if entry is not None and entry.token_id is not None:
        token = tokens.get(caller_of(request), entry.token_id)
    elif entry is not None and entry.actor.get("user_id") != caller_of(request).user_id:
        require(caller_of(request), "audit:read")
    return show(
        request,
        "web/explain.html",
        title="Why",
        told=told(entry_id),
        token=token,
        crumbs=trail("settings", "audit"),
    )
