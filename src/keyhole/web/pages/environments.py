"""Settings -> Environments: where code goes, by which policy its scans are judged, and who hears of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.accounts.services import allows, require
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError
from keyhole.core.terms import Severity
from keyhole.environments import beginning, policies, services
from keyhole.environments.models import UPSTREAM, Environment
from keyhole.environments.services import EnvironmentSpec
from keyhole.notifications.services import list_channels
from keyhole.schedules.services import measured_by
from keyhole.web.caller import caller_of
from keyhole.web.forms.numbers import whole_number
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_WAY = ("settings", "environments")
_ABOUT = {
    "status": "A mark beside the commit: passed, or what is not.",
    "comment": "One comment on each open pull request, kept up to date.",
    "sarif": "The open findings under Security, Code scanning.",
}


@page(
    "settings/environments",
    name="environments",
    title="Environments",
    action="environment:read",
    section="settings",
)
def listing(request: HttpRequest) -> HttpResponse:
    """The environments, those where it matters most first."""
    return show(
        request,
        "web/environments.html",
        title="Environments",
        environments=list(services.list_environments(caller_of(request))),
        told=UPSTREAM,
        crumbs=trail("settings"),
    )


@page(
    "settings/environments/examples",
    name="environment-examples",
    title="Use the examples",
    action="environment:change",
    section="settings",
    methods=("POST",),
)
def take_examples(request: HttpRequest) -> HttpResponseBase:
    """Production, Staging and Development with their policies, as far as there are none of these names."""
    made = beginning.take_examples(caller_of(request))
    words = f"{', '.join(made)}: made, to be changed as you like." if made else "They are there already."
    messages.success(request, words, "ok")
    return redirect("environments")


@page(
    "settings/environments/new",
    name="environment-new",
    title="New environment",
    action="environment:change",
    section="settings",
    methods=("GET", "POST"),
)
def new(request: HttpRequest) -> HttpResponseBase:
    """The form; sent, it makes the environment."""
    caller = caller_of(request)
    if request.method != "POST":
        return _form(request, _of(EnvironmentSpec("")))
    try:
        made = services.create(caller, _spec(caller, request))
    except KeyholeError as problem:
        return _form(request, _posted(request), problem)
    messages.success(request, f"{made.name} is there. New scans and schedules can choose it.", "ok")
    return redirect("environments")


@page(
    "settings/environments/<int:number>",
    name="environment",
    title="Change environment",
    action="environment:change",
    section="settings",
    methods=("GET", "POST"),
)
def change(request: HttpRequest, number: int) -> HttpResponseBase:
    """The form, filled in; sent, it changes the environment."""
    caller = caller_of(request)
    row = services.get(caller, number)
    if request.method != "POST":
        return _form(request, _of(services.spec_of(row)), row=row)
    try:
        changed = services.change(caller, number, _spec(caller, request, row), request.POST.get("seen", ""))
    except KeyholeError as problem:
        return _form(request, _posted(request), problem, row=services.get(caller, number))
    messages.success(request, f"{changed.name} is as you say, for scans from now on.", "ok")
    return redirect("environments")


@page(
    "settings/environments/<int:number>/remove",
    name="environment-remove",
    title="Remove environment",
    action="environment:change",
    section="settings",
    methods=("GET", "POST"),
)
def remove(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, saying what it affects."""
    row = services.get(caller_of(request), number)
    if request.method == "POST":
        services.remove(caller_of(request), number)
        messages.success(request, f"{row.name} is removed. Its scans keep their verdicts.", "ok")
        return redirect("environments")
    return show(
        request,
        "web/environment_remove.html",
        title="Remove environment",
        environment=row,
        scans=row.scans.count(),
        schedules=measured_by(caller_of(request), number),
        crumbs=trail(*_WAY),
    )


def _of(spec: EnvironmentSpec) -> dict[str, Any]:
    """A spec as the form shows it: everything is text."""
    return {
        "name": spec.name,
        "description": spec.description,
        "rank": str(spec.rank),
        "policy": str(spec.policy_id or ""),
        "channels": [str(number) for number in spec.channel_ids],
        "upstream": list(spec.upstream),
        "due": {severity.value: str(spec.due_days.get(severity.value, "")) for severity in Severity},
    }


def _posted(request: HttpRequest) -> dict[str, Any]:
    post = request.POST
    return {
        **{name: post.get(name, "").strip() for name in ("name", "description", "rank", "policy")},
        "channels": post.getlist("channels"),
        "upstream": post.getlist("upstream"),
        "due": {severity.value: post.get(f"due:{severity.value}", "").strip() for severity in Severity},
    }


def _spec(caller: Caller, request: HttpRequest, row: Environment | None = None) -> EnvironmentSpec:
    given = _posted(request)
    if _sees_channels(caller):
        channels = tuple(whole_number(number) for number in given["channels"])
    else:  # whoever does not see the channels leaves them as they are
        channels = tuple(each.pk for each in row.channels.all()) if row is not None else ()
    return EnvironmentSpec(
        name=given["name"],
        description=given["description"],
        rank=_whole(given["rank"] or "100", "rank"),
        policy_id=whole_number(given["policy"]) if given["policy"] else None,
        due_days={name: _whole(text, "due_days") for name, text in given["due"].items() if text},
        channel_ids=channels,
        upstream=tuple(given["upstream"]),
    )


def _sees_channels(caller: Caller) -> bool:
    return allows(caller, require(caller, "environment:change"), "notification:read")


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise InvalidInput(f"{text[:20]!r} is no whole number.", field=field)
    return int(text)


def _seen(request: HttpRequest, row: Environment | None, problem: KeyholeError | None) -> str:
    """What the form was made from: kept until somebody has been told that it is not so any more."""
    if row is None or (problem and not isinstance(problem, Conflict)):
        return request.POST.get("seen", "")
    return services.mark_of(row)


def _form(
    request: HttpRequest,
    form: dict[str, Any],
    problem: KeyholeError | None = None,
    *,
    row: Environment | None = None,
) -> HttpResponse:
    caller = caller_of(request)
    field = getattr(problem, "field", "") or ("name" if problem else "")
    return show(
        request,
        "web/environment_form.html",
        status=problem.status if problem else 200,
        title=f"Change {row.name}" if row is not None else "New environment",
        row=row,
        seen=_seen(request, row, problem),
        form=form,
        due=[(name, form["due"][name]) for name in form["due"]],
        policies=[(str(each.pk), each.name) for each in policies.list_policies(caller)],
        channels=[(str(each.pk), each) for each in list_channels(caller)] if _sees_channels(caller) else [],
        told=[(name, title, _ABOUT[name]) for name, title in UPSTREAM.items()],
        errors={field: f"{problem.message} {problem.hint}".strip()} if problem else {},
        crumbs=trail(*_WAY),
    )
