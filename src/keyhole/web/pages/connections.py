"""Connecting GitHub repositories: the connections, one connection, what it reaches and what of that is taken in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.core.caller import Caller
from keyhole.integrations.watch import inspections
from keyhole.integrations.watch.rights import rights_of
from keyhole.providers.github.problems import GitHubProblem
from keyhole.repositories import github, listing
from keyhole.repositories.models import Listing
from keyhole.web.caller import caller_of
from keyhole.web.forms.granted import beside_use
from keyhole.web.forms.numbers import whole_number
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_SHOWN = 1000


@page(
    "connections",
    name="connections",
    title="Connecting GitHub repositories",
    action="connection:read",
    section="repositories",
)
def overview(request: HttpRequest) -> HttpResponse:
    """Every connection with its state, or how to make the first one."""
    caller = caller_of(request)
    rows = connections.list_connections(caller)
    return show(
        request,
        "web/connections.html",
        title="Connecting GitHub repositories",
        rows=[_line(caller, row) for row in rows],
        sick=sum(row.state in ("sick", "expired") for row in rows),
        crumbs=trail("repositories"),
    )


def _line(caller: Caller, row: Connection) -> dict[str, Any]:
    return {
        "connection": row,
        "taken": len(github.taken_in(caller, row.pk)),
        "seen": row.reachable.count(),
        "asked": listing.latest(caller, row.pk) is not None,
    }


@page(
    "connections/<int:number>",
    name="connection",
    title="Connection",
    action="connection:read",
    section="repositories",
)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """What the credential can do, which repositories it reaches, and which of them are taken in."""
    caller = caller_of(request)
    row = connections.get(caller, number)
    reachable = github.reachable(caller, number)
    taken = [here for _, here in reachable if here is not None]
    rights = rights_of(caller, row)
    return show(
        request,
        "web/connection.html",
        title=row.name,
        connection=row,
        successor=getattr(row, "successor", None),
        rights=rights,
        granted=beside_use(rights),
        reachable=reachable[:_SHOWN],
        hidden=len(reachable[_SHOWN:]),
        seen=len(reachable),
        lost=[found for found in github.taken_in(caller, number) if found.unreachable],
        taken=len(taken),
        first=taken[0] if taken else None,
        crumbs=trail("repositories", "connections"),
        **_listing(listing.latest(caller, number)),
    )


def _listing(latest: Listing | None) -> dict[str, Any]:
    return {
        "listing": latest,
        "listing_runs": latest is not None and latest.state in ("queued", "running"),
    }


@page(
    "connections/<int:number>/listing",
    name="connection-listing",
    title="Progress",
    action="connection:read",
    section="repositories",
)
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """The part of a connection's page that changes while GitHub is asked what it reaches."""
    found = _listing(listing.latest(caller_of(request), number))
    response = show(request, "web/parts/listing.html", **found)
    if not found["listing_runs"]:
        response["X-Keyhole-Finished"] = "1"
    return response


@page(
    "connections/<int:number>/refresh",
    name="connection-refresh",
    title="Look again",
    action="repository:connect",
    section="repositories",
    methods=("POST",),
)
def refresh(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks GitHub, as a job, what the connection reaches."""
    listing.refresh(caller_of(request), number)
    return redirect("connection", number)


@page(
    "connections/<int:number>/take-in",
    name="connection-take-in",
    title="Take in repositories",
    action="repository:connect",
    section="repositories",
    methods=("POST",),
)
def take_in(request: HttpRequest, number: int) -> HttpResponseBase:
    """The chosen repositories, or all and those to come."""
    caller = caller_of(request)
    everything = request.POST.get("access") == "all"
    connections.set_take_all(caller, number, everything)
    ids = [whole_number(text) for text in request.POST.getlist("repositories")]
    taken = github.take_in(caller, number, None if everything else [chosen for chosen in ids if chosen])
    if taken.connected:
        names = ", ".join(row.full_name for row in taken.connected[:3])
        more = f" and {len(taken.connected) - 3} more" if len(taken.connected) > 3 else ""
        messages.success(request, f"Taken in: {names}{more}. They can be scanned now.", "ok")
    elif not taken.skipped:
        messages.info(request, "Nothing new was chosen.")
    for skipped in taken.skipped[:10]:
        messages.warning(request, f"{skipped.full_name} was skipped: {skipped.why}", "warn")
    return redirect("connection", number)


@page(
    "connections/<int:number>/check",
    name="connection-check",
    title="Check now",
    action="connection:change",
    section="repositories",
    methods=("POST",),
)
def check(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks GitHub whether the credential is alive."""
    row = connections.check(caller_of(request), number)
    if row.problem:
        messages.error(request, f"{row.reason} {row.hint}".strip(), "bad")
    else:
        messages.success(request, "GitHub takes the credential.", "ok")
    return redirect("connection", number)


@page(
    "connections/<int:number>/inspect",
    name="connection-inspect",
    title="Check thoroughly",
    action="connection:change",
    section="repositories",
    methods=("POST",),
)
def inspect(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks GitHub what the credential can do, permission by permission; what came of it is kept and told."""
    try:
        found = inspections.inspect_now(caller_of(request), number)
    except GitHubProblem as problem:
        messages.error(request, f"{problem.message} {problem.hint}".strip(), "bad")
    else:
        warn = found.change.any or not found.kept
        messages.add_message(
            request,
            messages.WARNING if warn else messages.SUCCESS,
            ("It was changed on GitHub. " if found.change.any else "") + inspections.said(found),
            "warn" if warn else "ok",
        )
    return redirect("connection", number)
