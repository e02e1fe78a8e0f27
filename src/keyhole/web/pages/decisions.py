"""Deciding about findings: what a decision would hide, the decision, those made before, and taking one back."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.errors import Conflict, InvalidInput
from keyhole.core.plural import counted
from keyhole.findings import services as findings
from keyhole.findings.services import Preview
from keyhole.web.caller import caller_of
from keyhole.web.forms.decision import DAYS, DecisionForm
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_LISTED = 50


@page(
    "findings/decide",
    name="finding-decide",
    title="Decide",
    action="finding:decide",
    section="findings",
    methods=("GET", "POST"),
)
def decide(request: HttpRequest) -> HttpResponseBase:
    """First what it would hide, with the reason to give; then the decision. Nothing is hidden unseen.

    Lists and findings lead here by GET, so that there is a way back to what was looked at.
    """
    caller = caller_of(request)
    form = DecisionForm(request.POST if request.method == "POST" else request.GET, caller)
    errors: dict[str, InvalidInput] = {}
    seen = findings.preview(caller, form.spec(preview=True))
    sight = _sight(form, seen)
    # A scan may have ended meanwhile, or the folder been changed: what is decided is what was looked at.
    changed = request.POST.get("seen", sight) != sight
    if request.POST.get("step") == "decide" and not changed:
        try:
            made = findings.decide(
                caller, replace(form.spec(), replaces=tuple(each.pk for each in seen.replaces))
            )
        except InvalidInput as problem:
            if problem.field not in ("reason", "until", "path"):
                raise
            errors[problem.field] = problem
        except Conflict:  # somebody decided between the look above and now
            changed, seen = True, findings.preview(caller, form.spec(preview=True))
            sight = _sight(form, seen)
        else:
            hidden = counted(findings.hidden_by(caller, made).count(), "finding")
            messages.success(
                request, f"{made.get_kind_display()}: {hidden}. You can take it back here.", "ok"
            )
            return redirect("decision", made.pk)
    return show(
        request,
        "web/finding_decide.html",
        status=422 if errors else 200,
        changed=changed and request.POST.get("step") == "decide",
        sight=sight,
        title="Accept findings" if form.kind == "accepted" else "False positives",
        form=form,
        errors=errors,
        seen=seen,
        target=seen.target,
        listed=list(seen.hides[:_LISTED]),
        unlisted=max(0, seen.count - _LISTED),
        days=DAYS,
        crumbs=trail("findings"),
    )


def _sight(form: DecisionForm, seen: Preview) -> str:
    """What somebody has seen who looks at the preview now, with the decisions that this one replaces."""
    return " ".join([form.sight(seen), *(f"-{each.pk}" for each in seen.replaces)])


@page("decisions", name="decisions", title="Decisions", action="finding:read", section="findings")
def listing(request: HttpRequest) -> HttpResponse:
    """Every decision, those in force first."""
    caller = caller_of(request)
    rows = list(findings.decisions(caller))
    live = [row for row in rows if row.ended_at is None]
    ended = [row for row in rows if row.ended_at is not None][:200]
    only = findings.the_only_ones(caller, [*live, *ended])
    replaced = findings.replacements(caller, live)
    return show(
        request,
        "web/decisions.html",
        title="Decisions",
        live=[(row, only.get(row.pk), replaced.get(row.pk)) for row in live],
        ended=[(row, only.get(row.pk), None) for row in ended],
        crumbs=trail("findings"),
    )


@page("decisions/<int:number>", name="decision", title="Decision", action="finding:read", section="findings")
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Who decided what, why, until when, and what it hides."""
    caller = caller_of(request)
    row = findings.get_decision(caller, number)
    hidden = findings.hidden_by(caller, row)
    replaced = findings.replacements(caller, [row]).get(row.pk)
    return show(
        request,
        "web/decision.html",
        title=f"Decision {row.pk}",
        row=row,
        only=findings.the_only_ones(caller, [row]).get(row.pk),
        replaced=replaced,
        ids=[each.text for each in row.ids.all()],
        listed=list(hidden[:_LISTED]),
        unlisted=max(0, hidden.count() - _LISTED),
        once=findings.covered_by(caller, row).count() if row.ended_at or replaced else 0,
        crumbs=trail("findings", "decisions"),
    )


@page(
    "decisions/<int:number>/withdraw",
    name="decision-withdraw",
    title="Take back",
    action="finding:decide",
    section="findings",
    methods=("POST",),
)
def withdraw(request: HttpRequest, number: int) -> HttpResponseBase:
    """What it alone hid is open again."""
    findings.withdraw(caller_of(request), number)
    messages.success(request, "The decision is taken back: what it alone hid is open again.", "ok")
    return redirect("decision", number)
