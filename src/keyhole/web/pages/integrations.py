"""Integrations: the register of every tool that holds a token."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse

from keyhole.integrations import services
from keyhole.integrations.services import Health, Integration
from keyhole.web.caller import caller_of
from keyhole.web.registry import Nav, page
from keyhole.web.render import show


@page(
    "integrations",
    name="integrations",
    title="Integrations",
    action="integration:read",
    nav=Nav("Integrations", 40),
)
def register(request: HttpRequest) -> HttpResponse:
    """All of them, or those that a search or a state leaves."""
    everything = services.register(caller_of(request))
    words, state = request.GET.get("q", "").strip()[:100], request.GET.get("health", "")
    shown = [
        found
        for found in everything
        if _matches(found, words.lower().split()) and (not state or found.health == state)
    ]
    counts = Counter(found.health for found in everything)
    return show(
        request,
        "web/integrations.html",
        title="Integrations",
        everything=everything,
        shown=shown,
        query=words,
        state=state,
        states=[(health, counts[health]) for health in Health if counts[health]],
        writing=sum(found.writes for found in everything),
    )


def _matches(found: Integration, words: list[str]) -> bool:
    text = " ".join(
        [
            found.token.name,
            found.token.description,
            found.reach,
            *found.repositories,
            found.token.user.login,
            *(title for title, _ in found.permissions),
        ]
    ).lower()
    return all(word in text for word in words)
