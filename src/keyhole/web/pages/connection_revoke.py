"""Revoking a connection's credential on GitHub."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from keyhole.connections import services as connections
from keyhole.core.errors import InvalidInput
from keyhole.integrations.watch.revoking import can_be_revoked, revoke_upstream
from keyhole.repositories import github
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page(
    "connections/<int:number>/revoke",
    name="connection-revoke",
    title="Revoke on GitHub",
    action="connection:revoke",
    section="repositories",
    methods=("GET", "POST"),
)
def revoke(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, in so many words that nobody does it by accident; the name has to be typed."""
    caller = caller_of(request)
    row = connections.get(caller, number)
    problem = None
    if request.method == "POST":
        if request.POST.get("name", "").strip() == row.name:
            revoke_upstream(caller, number)
            messages.success(
                request, f"GitHub has revoked the credential of {row.name}, and it is forgotten.", "ok"
            )
            return redirect("connections")
        problem = InvalidInput(f"Type {row.name} to revoke it.", field="name")
    return show(
        request,
        "web/connection_revoke.html",
        status=422 if problem else 200,
        title="Revoke on GitHub",
        connection=row,
        possible=can_be_revoked(row),
        repositories=github.taken_in(caller, number),
        error=problem.message if problem else "",
        crumbs=[*trail("repositories", "connections"), (f"/connections/{number}", row.name)],
    )
