"""Overview: where things stand in a sentence, what needs attention, and the first steps until they are done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from keyhole.accounts.services import allows, require
from keyhole.core.caller import Caller
from keyhole.findings.trend import standing
from keyhole.integrations import services as integrations
from keyhole.integrations.holdings import EXPIRING, Health, reached
from keyhole.integrations.watch import outlook
from keyhole.integrations.watch.outlook import Coming
from keyhole.repositories import services as repositories
from keyhole.scans import services as scans
from keyhole.scans.models import UNFINISHED
from keyhole.web.caller import caller_of
from keyhole.web.registry import Nav, page
from keyhole.web.render import show

_ATTENTION = (Health.BROKEN, Health.EXPIRED, Health.EXPIRING, Health.REFUSED)
_COMING = 6
_LAST = 6
_NEAR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps."""

    title: str
    about: str
    address: str
    done: bool


@page("", name="overview", title="Overview", action="integration:read", nav=Nav("Overview", 10))
def overview(request: HttpRequest) -> HttpResponse:
    """The first page."""
    caller = caller_of(request)
    connected = repositories.list_repositories(caller)
    tools = integrations.register(caller)
    every = scans.list_scans(caller).select_related("judgement")
    runs = list(every[:_LAST])
    steps = _steps(bool(connected), bool(tools), bool(runs))
    coming = outlook.expirations(caller, within=_NEAR)
    return show(
        request,
        "web/overview.html",
        title="Overview",
        repositories=connected,
        tools=tools,
        everybodys=_sees_everybodys(caller),
        writing=sum(found.writes for found in tools),
        runs=runs,
        findings=standing(caller),
        reached=len(reached([held for found in tools for held in found.live], connected)),
        attention=[found for found in tools if found.health in _ATTENTION],
        steps=steps,
        following=next((step for step in steps if not step.done), None),
        running=every.filter(state__in=UNFINISHED).count(),
        expiring=_expiring(coming),
        failing=outlook.failing(caller),
        coming=coming[:_COMING],
    )


def _steps(connected: bool, generated: bool, scanned: bool) -> list[Step]:
    return [
        Step(
            "Connect repositories",
            "A folder of this machine that holds Git repositories, or GitHub.",
            reverse("connect"),
            connected,
        ),
        Step(
            "Generate a token",
            "For the first tool that needs your code. Copy it once.",
            reverse("token-new"),
            generated,
        ),
        Step(
            "Create a code scan", "Find the secrets in a repository's history.", reverse("scan-new"), scanned
        ),
    ]


def _sees_everybodys(caller: Caller) -> bool:
    """Whether the tools that are shown are all there are, and not only the caller's own."""
    return allows(caller, require(caller, "integration:read"), "token:read_any")


def _expiring(coming: list[Coming]) -> int:
    """Tokens, for an integration may hold several, and those that have not expired already."""
    end = timezone.now() + EXPIRING
    return sum(each.what == "token" and not each.over and each.expires_at <= end for each in coming)
