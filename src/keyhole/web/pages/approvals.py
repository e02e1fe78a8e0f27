"""Settings -> Approvals: tokens that wait for somebody to decide, and what was decided."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.repositories import services as repositories
from keyhole.tokens import approvals
from keyhole.web.caller import caller_of
from keyhole.web.forms import summary
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page("settings/approvals", name="approvals", title="Approvals", action="approval:read", section="settings")
def queue(request: HttpRequest) -> HttpResponse:
    """What waits; and the newest decisions."""
    caller = caller_of(request)
    return show(
        request,
        "web/approvals.html",
        title="Approvals",
        waiting=approvals.list_requests(caller),
        decided=approvals.list_requests(caller, decided=True),
        crumbs=trail("settings"),
    )


@page(
    "settings/approvals/<int:number>",
    name="approval",
    title="Approval",
    action="approval:decide",
    section="settings",
    methods=("GET", "POST"),
)
def decide(request: HttpRequest, number: int) -> HttpResponseBase:
    """What the token would be able to do, and the two answers."""
    caller = caller_of(request)
    problem: KeyholeError | None = None
    if request.method == "POST":
        reason = request.POST.get("reason", "")[:1000]
        try:
            act = approvals.approve if "approve" in request.POST else approvals.deny
            done = act(caller, number, reason)
        except (InvalidInput, Conflict) as found:
            problem = found
        else:
            messages.success(request, f"{done.token.name} is {done.decision}.", "ok")
            return redirect("approvals")
    wanted = approvals.get_request(caller, number)
    rights = wanted.token.grant_value()
    rows = [row for row in repositories.list_repositories(caller) if row.owner_id == rights.owner.id]
    field = getattr(problem, "field", "")
    return show(
        request,
        "web/approval.html",
        status=problem.status if problem else 200,
        title=wanted.token.name,
        wanted=wanted,
        token=wanted.token,
        shown=summary.of_grant(rights, rows),
        problem=None if field else problem,
        errors={field: problem.message} if problem and field else {},
        crumbs=trail("settings", "approvals"),
    )
