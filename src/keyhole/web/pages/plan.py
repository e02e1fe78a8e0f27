"""What is this token for? Choices on the left; the least permissions, why, and how to get them on the right."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from keyhole.core.actions import may
from keyhole.core.errors import InvalidInput, KeyholeError
from keyhole.core.permissions import vocabulary
from keyhole.planner import approver, comparison, notes, setup, steps
from keyhole.planner.accesslog import read_access_log
from keyhole.planner.asked import Reading
from keyhole.planner.har import read_har
from keyhole.planner.link import link
from keyhole.planner.plan import Plan, plan
from keyhole.planner.query import to_query
from keyhole.planner.recorded import recorded_use
from keyhole.planner.server import GITHUB_COM, Server, assumed, called, is_github_com, server_at
from keyhole.providers.github.instance import Instance
from keyhole.providers.outgoing import configured
from keyhole.repositories import services as repositories
from keyhole.tokens import services as tokens
from keyhole.web.caller import caller_of
from keyhole.web.forms.plan import (
    OFFERED_DAYS,
    PlanForm,
    keyhole_token_query,
    of_post,
    of_query,
    own_features,
    tools,
    with_reading,
)
from keyhole.web.registry import page, trail
from keyhole.web.render import show

_HAR = re.compile(rb'\{\s*"log"\s*:')
"""How a recording begins: of a log, every line is an object of its own."""
_NO_ACCESS_NAMED = 4
_REMEMBERED_SECONDS = 300
_LONGEST_ADDRESS = 8000
_PATIENCE = 5.0
"""Seconds in which another server must say what it is."""


@page(
    "plan",
    name="plan",
    title="What is this token for?",
    action="repository:read",
    section="integrations",
    methods=("GET", "POST"),
)
def planner(request: HttpRequest) -> HttpResponse:
    """The form with its answer. An address can hold a whole plan; what is sent as a form is shown with its address."""
    if request.method != "POST":
        return _page(request, of_query(request.GET))
    try:
        return _page(request, of_post(request.POST))
    except InvalidInput as problem:
        return _page(request, of_query(request.GET), problem)


@page(
    "plan/answer",
    name="plan-answer",
    title="Plan",
    action="repository:read",
    section="integrations",
    methods=("POST",),
)
def answer(request: HttpRequest) -> HttpResponse:
    """The right half alone, for the form as it stands."""
    try:
        shown = _answer(request, of_post(request.POST))
    except KeyholeError as problem:
        shown = {"problem": problem}
    return show(request, "web/parts/plan.html", **shown)


@page(
    "plan/recording",
    name="plan-recording",
    title="Read a recording",
    action="repository:read",
    section="integrations",
    methods=("POST",),
)
def recording(request: HttpRequest) -> HttpResponse:
    """The form with what a HAR file, an access log, or the use of a token of Keyhole adds to it."""
    form = of_query(request.GET)
    try:
        form = of_post(request.POST)
        return _page(request, with_reading(form, _read(request)))
    except InvalidInput as problem:
        return _page(request, form, problem)


def _read(request: HttpRequest) -> Reading:
    """What was recorded, whichever way it was given."""
    if (token := request.POST.get("token", "")).isdecimal():
        return recorded_use(caller_of(request), int(token[:18]))
    given = request.FILES.get("recording")
    if not isinstance(given, UploadedFile):
        raise InvalidInput(
            "Choose a file, or a token of this Keyhole.",
            field="recording",
            hint="A HAR recording from a browser, or what `keyhole audit export` wrote.",
        )
    content = given.read()
    return read_access_log(content) if _is_log(content) else read_har(content)


def _is_log(content: bytes) -> bool:
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _HAR.match(start):
        return False
    first = start.split(b"\n", 1)[0]
    return b'"action"' in first or b" HTTP/" in first


def _page(request: HttpRequest, form: PlanForm, problem: KeyholeError | None = None) -> HttpResponse:
    caller = caller_of(request)
    shown: dict[str, Any] = {"problem": problem}
    if problem is None:
        try:
            shown = _answer(request, form)
        except InvalidInput as refused:
            shown = {"problem": refused}
    refusal = shown.get("problem")
    field = getattr(refusal, "field", "")
    connected = repositories.list_repositories(caller)
    return show(
        request,
        "web/plan.html",
        status=422 if refusal else 200,
        title="What is this token for?",
        form=form,
        features=own_features(form.request),
        tools=tools(form.request),
        expirations=_expirations(form),
        connected=connected,
        logins=list(dict.fromkeys(row.owner.login for row in connected)),
        tokens=tokens.list_tokens(caller),
        errors={field: refusal.message} if refusal and field else {},
        crumbs=trail("integrations"),
        **shown,
    )


def _expirations(form: PlanForm) -> list[tuple[str, str]]:
    days = form.request.days
    offered = sorted({*OFFERED_DAYS, *([days] if days else [])})
    return [*((str(number), f"{number} days") for number in offered), ("none", "No expiration")]


def _answer(request: HttpRequest, form: PlanForm) -> dict[str, Any]:
    """What the right half shows. InvalidInput for values that make no sense."""
    made = plan(form.request, form.observed)
    server = _server(request, form.request.github)
    instance = server.instance
    connected = repositories.list_repositories(caller_of(request))
    told = notes.notes(made)
    query = to_query(form.request)
    return {
        "plan": made,
        "server": called(instance),
        "doubt": server.doubt,
        "asked": any((made.granted, made.free, made.unmatched, made.dropped)),
        "told": comparison.summary(made),
        "usual": comparison.usual(made),
        "no_access": _no_access(made),
        "loud": [note for note in told if note.severity is not notes.Severity.INFO],
        "quiet": [note for note in told if note.severity is notes.Severity.INFO],
        "link": link(made, instance),
        "steps": steps.steps(made, instance),
        "approver_text": approver.approver_text(made, instance),
        "app_link": approver.app_link(made, instance),
        "manifest": approver.manifest(made, instance.web) if approver.registers_an_app(made) else "",
        "setups": _setups(made, instance),
        "query": to_query(made.request),
        "address": f"{reverse('plan')}?{query}" if len(query) < _LONGEST_ADDRESS else "",
        "keyhole_query": keyhole_token_query(made, connected),
        "may_generate": may(request.user.role, "token:create"),  # type: ignore[union-attr]
    }


def _server(request: HttpRequest, address: str) -> Server:
    """What is at the address, asked at most once in five minutes, and only for those who may connect servers.

    For everybody else this would be a way to find out which hosts Keyhole reaches.
    """
    if is_github_com(address):
        return Server(GITHUB_COM)
    if not may(request.user.role, "repository:connect"):  # type: ignore[union-attr]
        return assumed(address, "was not asked, which takes the right to connect repositories.")
    key = f"plan-server:{sha256(address.encode()).hexdigest()}"
    known = cache.get(key)
    if not isinstance(known, Server):
        known = server_at(address, configured(timeout=_PATIENCE))
        cache.set(key, known, _REMEMBERED_SECONDS)
    return known


def _no_access(made: Plan) -> tuple[list[str], int]:
    """Titles of permissions that people often grant and the plan does not, and how many more there are."""
    held = made.permissions
    usual = ["contents", "pull_requests", "issues", "actions", "workflows", "secrets", "administration"]
    missing = [name for name in usual if name not in held]
    named = [vocabulary().permissions[name].title for name in missing[:_NO_ACCESS_NAMED]]
    return named, len(vocabulary().permissions) - len(held) - len(named)


def _setups(made: Plan, instance: Instance) -> list[tuple[str, list[setup.SetupText]]]:
    first = next(iter(made.request.repositories), "")
    return [
        (
            preset.title,
            [
                setup.filled_in(text, instance.web, instance.api, first, made.request.owner)
                for text in preset.setup.texts
            ],
        )
        for preset in made.presets
        if preset.setup.texts
    ]
