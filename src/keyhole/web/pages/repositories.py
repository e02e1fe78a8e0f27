"""Repositories: the list, one repository, who may see it, and disconnecting it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.integrations import holdings
from keyhole.repositories import services as repositories
from keyhole.scans import services as scans
from keyhole.web.caller import caller_of
from keyhole.web.registry import Nav, page, trail
from keyhole.web.render import show


@page(
    "repositories",
    name="repositories",
    title="Repositories",
    action="repository:read",
    nav=Nav("Repositories", 20),
)
def listing(request: HttpRequest) -> HttpResponse:
    """Every connected repository, or those whose name matches."""
    everything = repositories.list_repositories(caller_of(request))
    words = request.GET.get("q", "").strip()[:100]
    shown = [
        row for row in everything if all(word in row.full_name.lower() for word in words.lower().split())
    ]
    return show(
        request,
        "web/repositories.html",
        title="Repositories",
        everything=everything,
        shown=shown,
        query=words,
        public=sum(row.public for row in everything),
        remote=sum(not row.is_served for row in everything),
    )


@page(
    "repositories/<int:number>",
    name="repository",
    title="Repository",
    action="repository:read",
    section="repositories",
)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """How to clone it with a token, which tools reach it, and its code scans."""
    caller = caller_of(request)
    row = repositories.get(caller, number)
    return show(
        request,
        "web/repository.html",
        title=row.full_name,
        repository=row,
        place=repositories.place_of(row),
        base=settings.KEYHOLE_URL,
        tools=[found for found in holdings.holdings(caller) if holdings.reaches(found, row)],
        scans=list(scans.list_scans(caller, row.pk)[:5]),
        crumbs=trail("repositories"),
    )


@page(
    "repositories/<int:number>/visibility",
    name="repository-visibility",
    title="Change visibility",
    action="repository:change",
    section="repositories",
    methods=("GET", "POST"),
)
def visibility(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, saying who will be able to read it."""
    caller = caller_of(request)
    row = repositories.get(caller, number)
    if request.method == "POST":
        row = repositories.set_public(caller, number, request.POST.get("visibility") == "public")
        messages.success(request, f"{row.full_name} is {'public' if row.public else 'private'} now.", "ok")
        return redirect("repository", number)
    return show(
        request,
        "web/repository_visibility.html",
        title="Change visibility",
        repository=row,
        crumbs=[*trail("repositories"), (f"/repositories/{number}", row.full_name)],
    )


@page(
    "repositories/<int:number>/disconnect",
    name="repository-disconnect",
    title="Disconnect",
    action="repository:change",
    section="repositories",
    methods=("GET", "POST"),
)
def disconnect(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, naming the tools that will lose it."""
    caller = caller_of(request)
    row = repositories.get(caller, number)
    if request.method == "POST":
        repositories.disconnect(caller, number)
        messages.success(request, f"{row.full_name} is disconnected. No token reaches it any more.", "ok")
        return redirect("repositories")
    return show(
        request,
        "web/repository_disconnect.html",
        title="Disconnect",
        repository=row,
        tools=[found for found in holdings.holdings(caller) if holdings.reaches(found, row)],
        crumbs=[*trail("repositories"), (f"/repositories/{number}", row.full_name)],
    )
