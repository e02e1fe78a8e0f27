"""The audit log: the newest records, checking the chain, and one record in plain words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from keyhole.accounts.services import require
from keyhole.audit.explain import explain as told
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify as checked
from keyhole.tokens import services as tokens
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_SHOWN = 50


@page("audit", name="audit", title="Audit log", action="audit:read", section="settings")
def log(request: HttpRequest) -> HttpResponse:
    """The newest records, or those before a position."""
    outcome = request.GET.get("outcome", "")
    before = request.GET.get("before", "")
    rows = Entry.objects.order_by("-seq")
    if outcome in ("allowed", "denied"):
        rows = rows.filter(outcome=outcome)
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(seq__lt=int(before))
    page_rows = list(rows[: _SHOWN + 1])
    return show(
        request,
        "web/audit.html",
        title="Audit log",
        entries=page_rows[:_SHOWN],
        outcome=outcome,
        older=page_rows[_SHOWN - 1].seq if len(page_rows) > _SHOWN else None,
        crumbs=trail("settings"),
    )


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
    return show(
        request,
        "web/audit_verify.html",
        title="Audit log verified",
        report=checked(),
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
