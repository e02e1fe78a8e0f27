"""Connect a GitHub App: its id and private key, then the installation."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from keyhole.connections import app_draft
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError, Unavailable
from keyhole.core.secret import Secret
from keyhole.providers.github.problems import GitHubProblem
from keyhole.repositories import listing
from keyhole.web.caller import caller_of
from keyhole.web.forms.numbers import whole_number
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_KEY_LENGTH = 20_000


@page(
    "connect/github/app",
    name="connect-app",
    title="Connect a GitHub App",
    action="connection:create",
    section="repositories",
    methods=("GET", "POST"),
)
def begin(request: HttpRequest) -> HttpResponseBase:
    """Id and key; GitHub is asked with them where the App is installed."""
    problem: KeyholeError | None = None
    if request.method == "POST":
        spec = app_draft.AppSpec(
            request.POST.get("github", "")[:300], request.POST.get("app_id", "")[:20], _key(request)
        )
        try:
            row = app_draft.begin(caller_of(request), spec)
        except (InvalidInput, GitHubProblem, Unavailable) as refused:
            problem = refused
        else:
            return redirect("connect-app-installation", row.pk)
    return show(
        request,
        "web/connect_app.html",
        status=422 if problem else 200,
        title="Connect a GitHub App",
        problem=problem,
        github=request.POST.get("github", request.GET.get("github", "")),
        app_id=request.POST.get("app_id", ""),
        crumbs=trail("repositories", "connections"),
    )


def _key(request: HttpRequest) -> Secret:
    uploaded = request.FILES.get("key_file")
    if isinstance(uploaded, UploadedFile) and uploaded.size:
        return Secret(uploaded.read(_KEY_LENGTH).decode("ascii", "replace").strip())
    return Secret(request.POST.get("key", "")[:_KEY_LENGTH].strip())


@page(
    "connect/github/app/<int:number>",
    name="connect-app-installation",
    title="Choose the installation",
    action="connection:create",
    section="repositories",
    methods=("GET", "POST"),
)
def choose(request: HttpRequest, number: int) -> HttpResponseBase:
    """Where the App is installed; the chosen one becomes the connection."""
    caller, problem = caller_of(request), None
    if request.method == "POST":
        chosen = whole_number(request.POST.get("installation", ""))
        try:
            row = app_draft.finish(caller, number, chosen, request.POST.get("name", ""))
        except (InvalidInput, Conflict) as refused:
            problem = refused
        else:
            listing.refresh(caller, row.pk)
            messages.success(request, f"{row.name} is connected, its key sealed.", "ok")
            return redirect("connection", row.pk)
    draft, found = app_draft.installations(caller, number)
    return show(
        request,
        "web/connect_app_installation.html",
        status=422 if problem else 200,
        title="Choose the installation",
        draft=draft,
        installations=found,
        problem=problem,
        name=request.POST.get("name", ""),
        crumbs=trail("repositories", "connections", "connect-app"),
    )
