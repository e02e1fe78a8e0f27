"""Changing a connection: its name, its credential, pausing and removing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.core.secret import Secret
from keyhole.integrations.watch import succession
from keyhole.providers.github.problems import GitHubProblem
from keyhole.repositories import github
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_CREDENTIAL_LENGTH = 20_000


@page(
    "connections/<int:number>/rename",
    name="connection-rename",
    title="Rename connection",
    action="connection:change",
    section="repositories",
    methods=("GET", "POST"),
)
def rename(request: HttpRequest, number: int) -> HttpResponseBase:
    """Another name for people; nothing else changes."""
    caller = caller_of(request)
    row, problem = connections.get(caller, number), None
    if request.method == "POST":
        try:
            connections.rename(caller, number, request.POST.get("name", ""))
            return redirect("connection", number)
        except (InvalidInput, Conflict) as refused:
            problem = refused
    return show(
        request,
        "web/connection_rename.html",
        status=422 if problem else 200,
        title="Rename connection",
        connection=row,
        name=request.POST.get("name", row.name),
        error=problem.message if problem else "",
        crumbs=_crumbs(row),
    )


@page(
    "connections/<int:number>/pause",
    name="connection-pause",
    title="Pause connection",
    action="connection:change",
    section="repositories",
    methods=("POST",),
)
def pause(request: HttpRequest, number: int) -> HttpResponseBase:
    """Stops using it, or begins again."""
    caller = caller_of(request)
    if request.POST.get("off"):
        row = connections.resume(caller, number)
        messages.success(request, f"{row.name} is in use again.", "ok")
    else:
        row = connections.pause(caller, number)
        messages.success(request, f"{row.name} is paused. Its credential stays sealed and is not used.", "ok")
    return redirect("connection", number)


@page(
    "connections/<int:number>/rotate",
    name="connection-rotate",
    title="Rotate the credential",
    action="connection:change",
    section="repositories",
    methods=("GET", "POST"),
)
def rotate(request: HttpRequest, number: int) -> HttpResponseBase:
    """A new credential beside the old one, which ends when the new one was first used.

    It is inspected first. If it can do less than the old one, it is kept only when that is said to be meant.
    """
    caller = caller_of(request)
    row = connections.get(caller, number)
    problem: KeyholeError | None = None
    if request.method == "POST":
        credential = Secret(request.POST.get("credential", "")[:_CREDENTIAL_LENGTH].strip())
        try:
            found = succession.rotate(
                caller, number, credential, accept_less=bool(request.POST.get("accept_less"))
            )
        except (InvalidInput, Conflict, GitHubProblem) as refused:
            problem = refused
        else:
            more = f" It can do more than the old one: {', '.join(found.more)}." if found.more else ""
            messages.success(
                request,
                f"GitHub takes the new one. The old one is forgotten when it has been used.{more}",
                "warn" if more else "ok",
            )
            return redirect("connection", number)
    return show(
        request,
        "web/connection_rotate.html",
        status=422 if problem else 200,
        title="Rotate the credential",
        connection=row,
        problem=problem,
        lacking=problem.compared if isinstance(problem, succession.LacksSomething) else None,
        crumbs=_crumbs(row),
    )


@page(
    "connections/<int:number>/rotation",
    name="connection-rotation",
    title="End a rotation",
    action="connection:change",
    section="repositories",
    methods=("POST",),
)
def end_rotation(request: HttpRequest, number: int) -> HttpResponseBase:
    """Takes the new credential back, or has it take over at once."""
    caller = caller_of(request)
    if request.POST.get("do") == "finish":
        connections.finish_rotation(caller, number)
        messages.success(request, "The new credential is in use; the old one is forgotten.", "ok")
    else:
        connections.undo_rotation(caller, number)
        messages.success(request, "The new credential is forgotten; the old one stays in use.", "ok")
    return redirect("connection", number)


@page(
    "connections/<int:number>/remove",
    name="connection-remove",
    title="Remove connection",
    action="connection:change",
    section="repositories",
    methods=("GET", "POST"),
)
def remove(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, naming what stops working; then forgets the credential."""
    caller = caller_of(request)
    row = connections.get(caller, number)
    if request.method == "POST":
        connections.remove(caller, number)
        messages.success(
            request,
            f"{row.name} is removed and its credential forgotten. The token itself is still valid on GitHub: "
            "delete it there too.",
            "ok",
        )
        return redirect("connections")
    return show(
        request,
        "web/connection_remove.html",
        title="Remove connection",
        connection=row,
        repositories=github.taken_in(caller, number),
        crumbs=_crumbs(row),
    )


def _crumbs(row: Connection) -> list[tuple[str, str]]:
    return [*trail("repositories", "connections"), (f"/connections/{row.pk}", row.name)]
