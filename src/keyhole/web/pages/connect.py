"""Connect repositories: a folder of this machine, or a copy of one repository."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.repositories import services as repositories
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show


@page(
    "connect",
    name="connect",
    title="Connect repositories",
    action="repository:connect",
    section="repositories",
    methods=("GET", "POST"),
)
def folder(request: HttpRequest) -> HttpResponse:
    """A folder: what is found in it stays where it is. The answer reports each repository."""
    if request.method != "POST":
        return _form(request)
    try:
        report = repositories.connect_folder(
            caller_of(request), _text(request, "path"), _text(request, "owner") or None
        )
    except (InvalidInput, Conflict) as problem:
        return _form(request, problem, problem.field if isinstance(problem, InvalidInput) else "path")
    return show(
        request,
        "web/connect_report.html",
        title="Connected repositories",
        report=report,
        path=_text(request, "path"),
        crumbs=trail("repositories", "connect"),
    )


@page(
    "connect/import",
    name="import",
    title="Import a repository",
    action="repository:connect",
    section="repositories",
    methods=("POST",),
)
def bring_in(request: HttpRequest) -> HttpResponseBase:
    """One repository, copied into Keyhole's own folder."""
    try:
        row = repositories.import_repository(
            caller_of(request), _text(request, "source"), _text(request, "name")
        )
    except (InvalidInput, Conflict) as problem:
        return _form(request, problem, "source")
    messages.success(request, f"{row.full_name} is imported and connected. It is private.", "ok")
    return redirect("repository", row.pk)


@page(
    "connect/refresh",
    name="refresh",
    title="Look again",
    action="repository:connect",
    section="repositories",
    methods=("POST",),
)
def look_again(request: HttpRequest) -> HttpResponse:
    """Every connected folder again: new repositories join, renamed ones are followed."""
    return show(
        request,
        "web/connect_report.html",
        title="Looked again",
        path="every connected folder",
        report=repositories.refresh(caller_of(request)),
        crumbs=trail("repositories"),
    )


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()[:4096]


def _form(request: HttpRequest, problem: KeyholeError | None = None, field: str = "") -> HttpResponse:
    beside = field if field in ("path", "source") else "path"
    return show(
        request,
        "web/connect.html",
        status=422 if problem else 200,
        title="Connect repositories",
        path=request.POST.get("path", ""),
        owner=request.POST.get("owner", ""),
        source=request.POST.get("source", ""),
        name=request.POST.get("name", ""),
        problem=problem,
        errors={beside: problem.message} if problem else {},
        crumbs=trail("repositories"),
        default_owner=settings.KEYHOLE_DEFAULT_OWNER,
    )
