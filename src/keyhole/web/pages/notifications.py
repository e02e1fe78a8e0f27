"""Settings -> Notifications: channels, what each is told, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keyhole.core.errors import KeyholeError
from keyhole.notifications import services
from keyhole.notifications.channels.interface import ChannelKind, kind_of, kinds
from keyhole.notifications.services import DEFAULT_RULES, ChannelSpec
from keyhole.web.caller import caller_of
from keyhole.web.forms import rules
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_WAY = ("settings", "notifications")


@page(
    "settings/notifications",
    name="notifications",
    title="Notifications",
    action="notification:read",
    section="settings",
)
def listing(request: HttpRequest) -> HttpResponse:
    """The channels, and what was sent lately."""
    caller = caller_of(request)
    channels = services.list_channels(caller)
    return show(
        request,
        "web/notifications.html",
        title="Notifications",
        channels=[(channel, kind_of(channel.kind).title) for channel in channels],
        deliveries=services.deliveries(caller, most=20),
        kinds=kinds().values(),
        crumbs=trail("settings"),
    )


@page(
    "settings/notifications/new",
    name="notification-new",
    title="New channel",
    action="notification:change",
    section="settings",
    methods=("GET", "POST"),
)
def new(request: HttpRequest) -> HttpResponseBase:
    """The form of a kind, or the choice between kinds."""
    chosen = request.POST.get("kind") or request.GET.get("kind") or ""
    if not chosen:
        return show(
            request,
            "web/notification_kinds.html",
            title="New channel",
            kinds=[(kind, kind.unavailable()) for kind in kinds().values()],
            crumbs=trail(*_WAY),
        )
    kind = kind_of(chosen)
    if request.method != "POST":
        return _form(request, kind)
    values = {field.name: request.POST.get(field.name, "") for field in kind.fields}
    wanted = rules.from_post(request.POST)
    try:
        made = services.create(
            caller_of(request), ChannelSpec(kind.id, request.POST.get("name", ""), values, wanted)
        )
    except KeyholeError as problem:
        return _form(request, kind, problem)
    if not made.generated:
        messages.success(request, f"{made.channel.name} is there. Send a test to see that it works.", "ok")
        return redirect("notification-channel", made.channel.pk)
    # In the answer itself, and not after a redirect: that would mean to keep it somewhere.
    return show(
        request,
        "web/notification_once.html",
        title="Channel made",
        channel=made.channel,
        generated=[
            (field, made.generated[field.name].reveal())
            for field in kind.fields
            if field.name in made.generated
        ],
        crumbs=trail(*_WAY),
    )


def _form(request: HttpRequest, kind: ChannelKind, problem: KeyholeError | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else {}
    return show(
        request,
        "web/notification_new.html",
        status=problem.status if problem else 200,
        title=f"New channel: {kind.title}",
        kind=kind,
        unavailable=kind.unavailable(),
        rules=rules.rows(rules.from_post(request.POST) if request.method == "POST" else DEFAULT_RULES),
        crumbs=trail(*_WAY),
        **_filled(kind, given, problem),
    )


def _filled(kind: ChannelKind, given: Mapping[str, str], problem: KeyholeError | None) -> dict[str, Any]:
    """Name and fields of a form, with what was wrong beside them."""
    beside = getattr(problem, "field", "") or (
        "name" if problem is not None and problem.status == 409 else ""
    )
    told = {beside: problem.message} if problem is not None else {}
    known = {"name", *(field.name for field in kind.fields)}
    return {
        # What is secret is entered again: it is never sent back to a browser.
        "fields": [
            (field, "" if field.secret else given.get(field.name, ""), told.get(field.name, ""))
            for field in kind.fields
        ],
        "name": given.get("name", ""),
        "name_error": told.get("name", ""),
        "problem": problem if beside not in known else None,
    }


@page(
    "settings/notifications/<int:number>",
    name="notification-channel",
    title="Channel",
    action="notification:read",
    section="settings",
    methods=("GET", "POST"),
)
def one(request: HttpRequest, number: int) -> HttpResponseBase:
    """A channel: its state, what it is told, what was sent. Posting the form changes what it is told."""
    caller = caller_of(request)
    if request.method == "POST":
        channel = services.set_rules(caller, number, rules.from_post(request.POST))
        messages.success(request, f"Saved what {channel.name} is told.", "ok")
        return redirect("notification-channel", number)
    channel = services.get(caller, number)
    kind = kind_of(channel.kind)
    return show(
        request,
        "web/notification_channel.html",
        title=channel.name,
        channel=channel,
        kind=kind,
        unavailable=kind.unavailable(),
        values=[(field.label, channel.values[field.name]) for field in kind.fields if not field.secret],
        rules=rules.rows(rules.of_channel(channel)),
        deliveries=services.deliveries(caller, number),
        crumbs=trail(*_WAY),
    )


@page(
    "settings/notifications/<int:number>/change",
    name="notification-change",
    title="Change channel",
    action="notification:change",
    section="settings",
    methods=("GET", "POST"),
)
def change(request: HttpRequest, number: int) -> HttpResponseBase:
    """Another name, another address. What is secret is never shown, and stays if it is left empty."""
    caller = caller_of(request)
    channel = services.get(caller, number)
    kind = kind_of(channel.kind)
    problem: KeyholeError | None = None
    if request.method == "POST":
        values = {field.name: request.POST.get(field.name, "") for field in kind.fields}
        try:
            channel = services.change(caller, number, request.POST.get("name", ""), values)
        except KeyholeError as refused:
            problem = refused
        else:
            messages.success(request, f"{channel.name} is changed. Send a test to see that it works.", "ok")
            return redirect("notification-channel", number)
    given = request.POST if request.method == "POST" else {"name": channel.name, **channel.values}
    return show(
        request,
        "web/notification_change.html",
        status=problem.status if problem else 200,
        title="Change channel",
        channel=channel,
        kind=kind,
        crumbs=[*trail(*_WAY), (f"/settings/notifications/{number}", channel.name)],
        **_filled(kind, given, problem),
    )


@page(
    "settings/notifications/<int:number>/test",
    name="notification-test",
    title="Test",
    action="notification:change",
    section="settings",
    methods=("POST",),
)
def test(request: HttpRequest, number: int) -> HttpResponseBase:
    """Send a message now, and say what really came of it."""
    tested = services.test(caller_of(request), number)
    if tested.arrived:
        messages.success(request, f"The test arrived. {tested.said}", "ok")
    else:
        messages.warning(request, "The test did not arrive. The reason is below.", "bad")
    return redirect("notification-channel", number)


@page(
    "settings/notifications/<int:number>/pause",
    name="notification-pause",
    title="Pause",
    action="notification:change",
    section="settings",
    methods=("POST",),
)
def pause(request: HttpRequest, number: int) -> HttpResponseBase:
    """Stop telling the channel anything, or begin again."""
    paused = request.POST.get("paused") == "yes"
    channel = services.set_paused(caller_of(request), number, paused)
    told = "is paused: it is told nothing" if paused else "is told again what its rules want"
    messages.success(request, f"{channel.name} {told}.", "ok")
    return redirect("notification-channel", number)


@page(
    "settings/notifications/<int:number>/remove",
    name="notification-remove",
    title="Remove channel",
    action="notification:change",
    section="settings",
    methods=("GET", "POST"),
)
def remove(request: HttpRequest, number: int) -> HttpResponseBase:
    """Asks first, then removes the channel and forgets its secrets."""
    caller = caller_of(request)
    if request.method == "POST":
        channel = services.remove(caller, number)
        messages.success(request, f"{channel.name} is removed, and its secrets are forgotten.", "ok")
        return redirect("notifications")
    channel = services.get(caller, number)
    return show(
        request,
        "web/notification_remove.html",
        title="Remove channel",
        channel=channel,
        kind=kind_of(channel.kind),
        crumbs=[*trail(*_WAY), (f"/settings/notifications/{channel.pk}", channel.name)],
    )
