"""Settings -> Advisories: what scans compare packages with, how old that is, and who keeps it fresh."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.errors import InvalidInput
from keyhole.inventory import upkeep
from keyhole.web.caller import caller_of
from keyhole.web.forms.numbers import whole_number
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_EVERY = ((1, "Every hour"), (6, "Every 6 hours"), (24, "Every day"), (24 * 7, "Every week"))


@page(
    "settings/advisories",
    name="advisories",
    title="Advisories",
    action="advisories:read",
    section="settings",
)
def overview(request: HttpRequest) -> HttpResponse:
    """Every source with its age; the last failure; the next time."""
    return _overview(request)


def _overview(request: HttpRequest, problem: InvalidInput | None = None) -> HttpResponse:
    state = upkeep.state(caller_of(request))
    every = dict(_EVERY) | (
        {} if state.hours in dict(_EVERY) else {state.hours: f"Every {state.hours} hours"}
    )
    held = state.held
    return show(
        request,
        "web/advisories.html",
        status=422 if problem else 200,
        title="Advisories",
        state=state,
        oldest=datetime.fromisoformat(held.at) if held.at else None,
        sources=[
            (each.ecosystem, each.advisories, datetime.fromisoformat(each.at)) for each in held.ecosystems
        ]
        + [(each.name, each.entries, datetime.fromisoformat(each.at)) for each in held.feeds],
        every=sorted(every.items()),
        problem=problem,
        crumbs=trail("settings"),
    )


@page(
    "settings/advisories/keep",
    name="advisories-keep",
    title="Keep advisories fresh",
    action="advisories:change",
    section="settings",
    methods=("POST",),
)
def keep(request: HttpRequest) -> HttpResponseBase:
    """Have them fetched by themselves, or not."""
    on = request.POST.get("keep") == "on"
    try:
        upkeep.keep(
            caller_of(request),
            on=on,
            hours=whole_number(request.POST.get("hours", "")) if on else upkeep.USUAL_HOURS,
        )
    except InvalidInput as problem:
        return _overview(request, problem)
    messages.success(
        request,
        "Advisories are fetched by themselves from now on."
        if on
        else "Nothing is fetched any more, unless somebody asks for it.",
        "ok",
    )
    return redirect("advisories")


@page(
    "settings/advisories/fetch",
    name="advisories-fetch",
    title="Fetch advisories",
    action="advisories:change",
    section="settings",
    methods=("POST",),
)
def fetch(request: HttpRequest) -> HttpResponseBase:
    """Once, now."""
    upkeep.fetch_now(caller_of(request))
    messages.success(request, "Advisories are being fetched. The first time that takes some minutes.", "ok")
    return redirect("advisories")
