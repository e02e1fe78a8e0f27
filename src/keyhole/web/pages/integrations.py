"""Integrations: the register of every external system, and one of them with all that is known about it."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse

from keyhole.integrations import activity, drift, holdings, services
from keyhole.integrations.filtering import Filter
from keyhole.integrations.holdings import Health
from keyhole.integrations.services import Registered
from keyhole.planner.presets import presets
from keyhole.tokens.models import SeenKind
from keyhole.web.caller import caller_of
from keyhole.web.registry import Nav, page, trail
from keyhole.web.render import show


@page(
    "integrations",
    name="integrations",
    title="Integrations",
    action="integration:read",
    nav=Nav("Integrations", 40),
)
def register(request: HttpRequest) -> HttpResponse:
    """All that hold a token, or those that a search and the questions beside it leave."""
    everything = services.register(caller_of(request), include_ended=True)
    asked = _asked(request)
    current = [found for found in everything if found.live]
    shown = asked.apply(everything if asked.health == Health.ENDED else current)
    counts = Counter(found.health for found in everything)
    return show(
        request,
        "web/integrations.html",
        title="Integrations",
        everything=current,
        known=len(everything),
        rows=[(found, activity.days(each.token.pk for each in found.holdings)) for found in shown],
        asked=asked,
        states=[(health, counts[health]) for health in Health if counts[health]],
        writing=sum(found.writes for found in current),
        owners=sorted({found.row.owner.login for found in current}),
        repositories=sorted({name for found in current for name in found.repositories}),
        permissions=sorted({title for found in current for title, _ in found.permissions}),
    )


def _asked(request: HttpRequest) -> Filter:
    given = request.GET
    return Filter(
        words=given.get("q", "").strip()[:100],
        health=given.get("health", ""),
        owner=given.get("owner", ""),
        repository=given.get("repository", ""),
        permission=given.get("permission", ""),
        writes=given.get("writes") == "1",
    )


@page(
    "integrations/<int:number>",
    name="integration",
    title="Integration",
    action="integration:read",
    section="integrations",
)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Its tokens, its use, what it may and does not use, and what was refused to it."""
    caller = caller_of(request)
    found = services.get(caller, number)
    ids = [each.token.pk for each in found.holdings]
    denials = [entry for token_id in ids for entry in holdings.recent_denials(caller, token_id)]
    preset = presets().get(found.row.preset)
    return show(
        request,
        "web/integration.html",
        title=found.row.name,
        found=found,
        row=found.row,
        preset=preset,
        days=activity.days(ids),
        addresses=activity.places(ids, SeenKind.ADDRESS),
        agents=activity.places(ids, SeenKind.AGENT),
        drifts=[each for each in drift.drift_of(found.live, number) if each.any],
        denials=sorted(denials, key=lambda entry: -entry.seq)[:10],
        paused=any(each.health is Health.PAUSED for each in found.live),
        pausable=any(each.health not in (Health.PAUSED, Health.EXPIRED) for each in found.live),
        rotatable=_rotatable(found),
        crumbs=trail("integrations"),
    )


def _rotatable(found: Registered) -> bool:
    """Whether it holds exactly one token that works, which then is the one to rotate."""
    going = [each for each in found.live if each.health is not Health.EXPIRED]
    return len(going) == 1 and not going[0].token.rotating
