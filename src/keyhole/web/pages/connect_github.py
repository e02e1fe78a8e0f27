"""Add token: a GitHub token is pasted, checked, and only then, if its person says so, sealed.

The token is in this process while GitHub is asked, and nowhere after that: not in the session, the cache, the database
or a log (docs/decisions/0030). To store it, the browser sends it a second time.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.crypto import get_random_string

from keyhole.connections.services import ConnectionSpec, connect
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError, NotFound, Unavailable
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.inspector.asking import Progress
from keyhole.inspector.inspect import check_shape, inspect
from keyhole.inspector.report import Report
from keyhole.planner.query import from_query, to_query
from keyhole.planner.request import PlanRequest
from keyhole.providers.github.instance import Instance, instance_at
from keyhole.providers.github.problems import GitHubProblem
from keyhole.providers.outgoing import configured
from keyhole.repositories import listing
from keyhole.web.caller import caller_of
from keyhole.web.forms import inspection
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_LONGEST = 8192
_WATCH = re.compile(r"[0-9A-Za-z]{24}")
_WATCHED_SECONDS = 120
_BESIDE = {"token": "token", "address": "github", "github": "github", "name": "name", "owner": "name"}
"""Field of an error to field of the form."""


@page(
    "connect/github",
    name="connect-github",
    title="Add token",
    action="connection:create",
    section="repositories",
    methods=("GET", "POST"),
)
def add(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, the token is checked and the report shown, or it is checked again and stored."""
    plan = from_query(request.GET)
    if request.method != "POST":
        return _page(request, plan)
    try:
        planned = inspection.planned_by(plan)
        instance, report = _check(request, plan, planned)
        if request.POST.get("do") == "store":
            return _store(request, plan, planned, instance, report)
    except (InvalidInput, Conflict, GitHubProblem, Unavailable) as problem:
        return _page(request, plan, problem=problem)
    return _page(request, plan, shown=inspection.keep(request.user.pk, report, planned))


def _check(request: HttpRequest, plan: PlanRequest, planned: dict[str, Level]) -> tuple[Instance, Report]:
    credential = _pasted(request)
    check_shape(credential)
    outgoing = configured()
    instance = instance_at(request.POST.get("github", "")[:300], outgoing)
    named = [each for each in plan.repositories if "/" in each]
    if plan.owner:
        named += [f"{plan.owner}/{each}" for each in plan.repositories if "/" not in each]
    report = inspect(
        instance,
        credential,
        outgoing,
        planned=planned,
        owner=plan.owner,
        repositories=named,
        on_progress=_watched(request),
    )
    return instance, report


def _pasted(request: HttpRequest) -> Secret:
    return Secret(request.POST.get("token", "")[:_LONGEST].strip())


def _store(
    request: HttpRequest,
    plan: PlanRequest,
    planned: dict[str, Level],
    instance: Instance,
    report: Report,
) -> HttpResponseBase:
    """Seal the token that was just checked once more, since nothing of the first time was kept."""
    caller = caller_of(request)
    row = connect(
        caller,
        ConnectionSpec(
            name=request.POST.get("name", ""),
            instance=instance,
            credential=_pasted(request),
            kind=report.kind,
            owner_login=report.owner or plan.owner or report.login,
            login=report.login,
            planned=planned,
            report=report.as_json(),
            expires_at=report.expires_at,
        ),
    )
    listing.refresh(caller, row.pk)
    messages.success(request, f"{row.name} is connected, its token sealed.", "ok")
    return redirect("connection", row.pk)


def _watched(request: HttpRequest) -> Progress | None:
    """Leaves the count where `progress` finds it; None when nobody watches."""
    place = _progress_place(request, request.POST.get("watch", ""))
    if not place:
        return None

    def note(done: int, of: int, what: str) -> None:
        cache.set(place, {"done": done, "of": max(of, done + 1), "what": what}, _WATCHED_SECONDS)

    return note


def _progress_place(request: HttpRequest, watch: str) -> str:
    return f"inspection-progress:{request.user.pk}:{watch}" if _WATCH.fullmatch(watch) else ""


@page(
    "connect/github/progress",
    name="connect-github-progress",
    title="Progress",
    action="connection:create",
    section="repositories",
)
def progress(request: HttpRequest) -> HttpResponse:
    """How far the check has come that sent this `watch`; empty when it is not known."""
    place = _progress_place(request, request.GET.get("watch", ""))
    return JsonResponse(cache.get(place, {}) if place else {}, headers={"Cache-Control": "no-store"})


@page(
    "connect/github/report/<slug:key>",
    name="connect-github-report",
    title="Report",
    action="connection:create",
    section="repositories",
)
def report(request: HttpRequest, key: str) -> HttpResponse:
    """The whole report with all evidence, to print."""
    return show(
        request,
        "web/inspection_report.html",
        title="What this token can do",
        shown=_kept(request, key),
        crumbs=trail("repositories", "connections", "connect-github"),
    )


@page(
    "connect/github/report/<slug:key>/json",
    name="connect-github-json",
    title="Report as JSON",
    action="connection:create",
    section="repositories",
)
def as_json(request: HttpRequest, key: str) -> HttpResponse:
    """The whole report, to download."""
    shown = _kept(request, key)
    return JsonResponse(
        {"sentence": shown.sentence, **shown.report.as_json()},
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={
            "Content-Disposition": 'attachment; filename="github-token-report.json"',
            "Cache-Control": "no-store",
        },
    )


def _kept(request: HttpRequest, key: str) -> inspection.Shown:
    found = inspection.kept(request.user.pk, key)
    if found is None:
        raise NotFound("The report is gone.", hint="It was kept for ten minutes. Check the token again.")
    return found


def _page(
    request: HttpRequest,
    plan: PlanRequest,
    *,
    problem: KeyholeError | None = None,
    shown: inspection.Shown | None = None,
) -> HttpResponse:
    part = request.headers.get("X-Keyhole-Part") == "1" and request.method == "POST"
    return show(
        request,
        "web/parts/inspection.html" if part else "web/add_token.html",
        status=_status(problem),
        title="Add token",
        problem=problem,
        link=getattr(problem, "url", ""),
        errors=_beside(problem),
        shown=shown,
        plan=plan,
        query=to_query(plan),
        planned=_planned(plan),
        github=request.POST.get("github", plan.github),
        elsewhere=_elsewhere(plan.github),
        name=request.POST.get("name", ""),
        watch=get_random_string(24),
        crumbs=trail("repositories", "connections"),
    )


def _elsewhere(address: str) -> str:
    """The server that a link chose: whoever wrote the link would be sent the token."""
    return "" if address in {"", "github.com", "https://github.com"} else address


def _status(problem: KeyholeError | None) -> int:
    if problem is None:
        return 200
    return problem.status if isinstance(problem, Unavailable) else 422


def _beside(problem: KeyholeError | None) -> dict[str, str]:
    """The problem under the name of its field, as the template names them."""
    field = _BESIDE.get(getattr(problem, "field", ""), "")
    return {field: problem.message} if problem is not None and field else {}


def _planned(plan: PlanRequest) -> list[dict[str, Any]]:
    """The plan for the side of the page; nothing when the address carries none, or one that makes no sense."""
    try:
        planned = inspection.planned_by(plan)
    except InvalidInput:
        return []
    return [
        {"title": inspection.title(name), "level": level.word, "writes": level > Level.READ}
        for name, level in planned.items()
    ]
