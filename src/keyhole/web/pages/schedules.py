"""Schedules: which code scans run by themselves, when each is next due, and what came of the last times."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.repositories.models import Repository
from keyhole.scans.models import Scan
from keyhole.schedules import hooks, services, words
from keyhole.schedules.models import When
from keyhole.web.caller import caller_of
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_SHOWN = 50


@page("schedules", name="schedules", title="Schedules", action="schedule:read", section="scans")
def listing(request: HttpRequest) -> HttpResponse:
    """Every schedule, by name."""
    rows = services.list_schedules(caller_of(request)).prefetch_related("repositories__owner")
    return show(
        request,
        "web/schedules.html",
        title="Schedules",
        rows=[(row, words.when(row), next(iter(services.next_times(row, 1)), None)) for row in rows],
        crumbs=trail("scans"),
    )


@page("schedules/<int:number>", name="schedule", title="Schedule", action="schedule:read", section="scans")
def one(request: HttpRequest, number: int) -> HttpResponse:
    """What it scans, its next five times, and what came of the last ones."""
    caller = caller_of(request)
    schedule = services.get(caller, number)
    ran = list(services.runs(caller, number)[:_SHOWN])
    started: dict[str, list[Scan]] = {}
    for scan in Scan.objects.filter(batch__in=[each.batch for each in ran if each.batch]).select_related(
        "repository__owner"
    ):
        started.setdefault(scan.batch, []).append(scan)
    repositories = list(schedule.repositories.select_related("owner"))
    return show(
        request,
        "web/schedule.html",
        title=schedule.name,
        schedule=schedule,
        runs=words.when(schedule),
        ahead=[f"{at:%a %-d %B %Y, %H:%M %Z}" for at in services.next_times(schedule)],
        repositories=repositories,
        tellers=_tellers(repositories),
        history=[(each, started.get(each.batch, [])) for each in ran],
        hook=hooks.path(schedule) if schedule.hook else "",
        waits_for_pushes=schedule.when == When.PUSH,
        change_needs="schedule:create" if schedule.created_by_id == caller.user_id else "schedule:change",
        crumbs=trail("scans", "schedules"),
    )


def _tellers(repositories: list[Repository]) -> str:
    """Who could use a webhook of theirs."""
    if all(each.is_served for each in repositories):
        return "a repository’s own hook"
    return (
        "GitHub, or the own hook of a repository here,"
        if any(each.is_served for each in repositories)
        else "GitHub"
    )


@page(
    "schedules/<int:number>/run",
    name="schedule-run",
    title="Run now",
    action="scan:run",
    section="scans",
    methods=("POST",),
)
def run(request: HttpRequest, number: int) -> HttpResponseBase:
    """Run it now, whatever its times."""
    schedule = services.run_now(caller_of(request), number)
    messages.success(request, f"{schedule.name} runs as soon as a worker is free.", "ok")
    return redirect("schedule", number)


@page(
    "schedules/<int:number>/pause",
    name="schedule-pause",
    title="Pause",
    action="schedule:create",
    section="scans",
    methods=("POST",),
)
def pause(request: HttpRequest, number: int) -> HttpResponseBase:
    """Pause it, or let it run again: the other of the two is one click away."""
    paused = request.POST.get("paused") == "yes"
    schedule = services.set_paused(caller_of(request), number, paused)
    said = "is paused: nothing runs until you resume it" if paused else "runs again"
    messages.success(request, f"{schedule.name} {said}.", "ok")
    return redirect("schedule", number)


@page(
    "schedules/<int:number>/webhook",
    name="schedule-webhook",
    title="Webhook",
    action="schedule:create",
    section="scans",
    methods=("POST",),
)
def webhook(request: HttpRequest, number: int) -> HttpResponseBase:
    """Makes a webhook and shows its secret, in the answer itself: a redirect would mean to keep it somewhere."""
    caller = caller_of(request)
    made = services.make_hook(caller, number)
    schedule = services.get(caller, number)
    address = request.build_absolute_uri(made.path)
    there = schedule.repositories.filter(removed_at=None).select_related("owner")
    here = [each for each in there if each.is_served]
    return show(
        request,
        "web/schedule_hook.html",
        title="Webhook",
        schedule=schedule,
        address=address,
        on_github=len(here) < len(there),
        here=here,
        script=hooks.post_receive(address, here[0]) if here else "",
        secret=made.secret.reveal(),
        crumbs=[*trail("scans", "schedules"), (f"/schedules/{number}", schedule.name)],
    )


@page(
    "schedules/<int:number>/remove",
    name="schedule-remove",
    title="Remove schedule",
    action="schedule:create",
    section="scans",
    methods=("GET", "POST"),
)
def remove(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first; the scans that it made stay."""
    caller = caller_of(request)
    if request.method == "POST":
        schedule = services.remove(caller, number)
        messages.success(request, f"{schedule.name} is removed. Its scans are still there.", "ok")
        return redirect("schedules")
    schedule = services.get_to_change(caller, number)
    return show(
        request,
        "web/schedule_remove.html",
        title="Remove schedule",
        schedule=schedule,
        runs=words.when(schedule),
        crumbs=[*trail("scans", "schedules"), (f"/schedules/{number}", schedule.name)],
    )
