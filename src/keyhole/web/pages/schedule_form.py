"""New schedule, and change one: what to scan, when, and the next five times before anything is saved."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput, KeyholeError, NotFound
from keyhole.environments.services import list_environments
from keyhole.repositories.services import list_repositories
from keyhole.schedules import services, times, words
from keyhole.schedules.models import Schedule, When
from keyhole.schedules.services import ScheduleSpec
from keyhole.web.caller import caller_of
from keyhole.web.forms import schedule as forms
from keyhole.web.forms.scanners import offered
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_BESIDE = frozenset(
    {
        "name",
        "description",
        "repositories",
        "ref",
        "scanners",
        "environment",
        "when",
        "at",
        "cron",
        "zone",
        "poll_minutes",
    }
)
"""Fields that say beside themselves what is wrong with them."""


@page(
    "schedules/new",
    name="schedule-new",
    title="New schedule",
    action="schedule:create",
    section="scans",
    methods=("GET", "POST"),
)
def new(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, it makes the schedule and shows it."""
    caller = caller_of(request)
    if request.method == "POST":
        return _sent(request, "New schedule", lambda spec: services.create(caller, spec))
    chosen = request.GET.get("repository", "")
    only = (
        frozenset({int(chosen)})
        if chosen.isascii() and chosen.isdigit() and len(chosen) < 19
        else frozenset()
    )
    return _form(request, "New schedule", forms.Form(repositories=only))


@page(
    "schedules/<int:number>/change",
    name="schedule-change",
    title="Change schedule",
    action="schedule:create",
    section="scans",
    methods=("GET", "POST"),
)
def change(request: HttpRequest, number: int) -> HttpResponseBase:
    """The same form for one that is there."""
    caller = caller_of(request)
    schedule = services.get_to_change(caller, number)
    title = f"Change {schedule.name}"
    if request.method == "POST":
        return _sent(request, title, lambda spec: services.change(caller, number, spec), schedule)
    return _form(request, title, forms.of(schedule), schedule)


@page(
    "schedules/summary",
    name="schedule-summary",
    title="Summary",
    action="schedule:create",
    section="scans",
    methods=("POST",),
)
def summary(request: HttpRequest) -> HttpResponse:
    """When the schedule in the form would run, while it is being written."""
    return show(request, "web/parts/schedule_summary.html", **_ahead(forms.posted(request.POST)))


def _sent(
    request: HttpRequest,
    title: str,
    save: Callable[[ScheduleSpec], Schedule],
    schedule: Schedule | None = None,
) -> HttpResponseBase:
    form = forms.posted(request.POST)
    if "preview" in request.POST:
        return _form(request, title, form, schedule)
    try:
        saved = save(forms.spec(form))
    except (InvalidInput, NotFound) as problem:
        return _form(request, title, form, schedule, problem)
    messages.success(request, f"{saved.name} is saved.", "ok")
    if warned := words.warning(saved):
        messages.warning(request, warned, "warn")
    return redirect("schedule", saved.pk)


def _form(
    request: HttpRequest,
    title: str,
    form: forms.Form,
    schedule: Schedule | None = None,
    problem: KeyholeError | None = None,
) -> HttpResponse:
    caller: Caller = caller_of(request)
    beside = getattr(problem, "field", "")
    return show(
        request,
        "web/schedule_form.html",
        status=problem.status if problem else 200,
        title=title,
        schedule=schedule,
        repositories=list_repositories(caller),
        environments=list_environments(caller),
        scanners=offered(),
        zones=times.zones(),
        errors={beside: problem.message} if problem else {},
        problem=problem if problem and beside not in _BESIDE else None,
        crumbs=trail("scans", "schedules"),
        **_ahead(form),
    )


def _ahead(form: forms.Form) -> dict[str, Any]:
    """The next five times, or what is wrong with them as saving says it; nothing for what has no times."""
    try:
        if form.when == When.ONCE:
            services.check_once(forms.moment(form))
        if form.when != When.TIMES:
            return {"form": form}
        fields = times.check(form.fields, form.zone)
    except InvalidInput as problem:
        return {"form": form, "times_problem": problem.message}
    found = itertools.islice(times.upcoming(fields, form.zone, timezone.now()), 5)
    return {
        "form": form,
        "words": times.explain(fields),
        "ahead": [f"{at:%a %-d %B %Y, %H:%M %Z}" for at in found],
    }
