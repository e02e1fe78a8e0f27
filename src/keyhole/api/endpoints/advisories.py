"""Advisories: how old they are, how they are kept fresh, and having them fetched."""

from __future__ import annotations

from datetime import datetime

from ninja import Router, Schema, Status

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import Taken
from keyhole.inventory import upkeep

router = Router()


class Source(Schema):
    """An ecosystem or a feed."""

    name: str
    entries: int
    fetched_at: str


class Advisories(Schema):
    """What scans compare packages with."""

    at: str
    """When the oldest were fetched; empty when there is nothing."""
    reason: str
    ecosystems: list[Source]
    feeds: list[Source]
    keep: bool
    hours: int
    running: bool
    next_at: datetime | None
    fetched_at: datetime | None
    failed_at: datetime | None
    problem: str
    failures: int


class Wanted(Taken):
    """Whether advisories are fetched by themselves, and how often."""

    keep: bool
    hours: int = upkeep.USUAL_HOURS


@router.get("", response=Advisories, summary="See how old advisories are")
def state(request: ApiRequest) -> Advisories:
    """With the last failure and the next time."""
    found = upkeep.state(request.caller)
    return Advisories(
        at=found.held.at,
        reason=found.held.reason,
        ecosystems=[
            Source(name=each.ecosystem, entries=each.advisories, fetched_at=each.at)
            for each in found.held.ecosystems
        ],
        feeds=[Source(name=each.name, entries=each.entries, fetched_at=each.at) for each in found.held.feeds],
        keep=found.on,
        hours=found.hours,
        running=found.running,
        next_at=found.next_at,
        fetched_at=found.fetched_at,
        failed_at=found.failed_at,
        problem=found.problem,
        failures=found.failures,
    )


@router.put("", response={204: None}, summary="Have advisories fetched by themselves, or not")
def keep(request: ApiRequest, wanted: Wanted) -> Status[None]:
    """Every so many hours."""
    upkeep.keep(request.caller, on=wanted.keep, hours=wanted.hours)
    return Status(204, None)


@router.post("/fetch", response={202: None}, summary="Fetch advisories now")
def fetch(request: ApiRequest) -> Status[None]:
    """Once; its times stay as they are."""
    upkeep.fetch_now(request.caller)
    return Status(202, None)
