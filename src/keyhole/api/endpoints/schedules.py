"""Schedules: list, create, run, pause, remove."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router, Status

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import MOST, NewSchedule, Page, Schedule, ScheduleWanted
from keyhole.core.errors import InvalidInput
from keyhole.repositories.services import by_full_name
from keyhole.scans.services import environment_named
from keyhole.schedules import models, services, words

router = Router()


@router.get("", response=Page[Schedule], summary="List schedules")
def listing(request: ApiRequest, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Page[Schedule]:
    """By name, 100 a page."""
    rows = services.list_schedules(request.caller)
    return Page(total=rows.count(), items=[_shown(row) for row in rows[(page - 1) * MOST : page * MOST]])


@router.post("", response={201: NewSchedule}, summary="Create a schedule")
def create(request: ApiRequest, wanted: ScheduleWanted) -> Status[NewSchedule]:
    """It acts for the person whose API token makes it."""
    _check_together(wanted)
    if wanted.at is not None and wanted.at.tzinfo is None:
        raise InvalidInput("The time says no offset from UTC.", field="at", hint="2026-01-31T06:00:00+01:00")
    made = services.create(
        request.caller,
        services.ScheduleSpec(
            name=wanted.name,
            description=wanted.description,
            repository_ids=tuple(by_full_name(request.caller, name).pk for name in wanted.repositories),
            ref=wanted.ref,
            scanners=tuple(wanted.scanners),
            environment_id=environment_named(request.caller, wanted.environment),
            when=wanted.when,
            at=wanted.at,
            cron=wanted.cron,
            zone=wanted.zone,
            poll_minutes=wanted.poll_minutes,
        ),
    )
    warned = words.warning(made)
    return Status(201, NewSchedule(**_shown(made).dict(), warnings=[warned] if warned else []))


@router.get("/{int:number}", response=Schedule, summary="Look at one schedule")
def one(request: ApiRequest, number: int) -> Schedule:
    """With its next five times."""
    return _shown(services.get(request.caller, number))


@router.post("/{int:number}/run", response={202: Schedule}, summary="Run a schedule now")
def run(request: ApiRequest, number: int) -> Status[Schedule]:
    """Its times stay as they are."""
    return Status(202, _shown(services.run_now(request.caller, number)))


@router.post("/{int:number}/pause", response=Schedule, summary="Pause a schedule")
def pause(request: ApiRequest, number: int) -> Schedule:
    """Until it is resumed."""
    return _shown(services.set_paused(request.caller, number, paused=True))


@router.post("/{int:number}/resume", response=Schedule, summary="Resume a schedule")
def resume(request: ApiRequest, number: int) -> Schedule:
    """What would have come meanwhile is not made up for."""
    return _shown(services.set_paused(request.caller, number, paused=False))


@router.delete("/{int:number}", response={204: None}, summary="Remove a schedule")
def remove(request: ApiRequest, number: int) -> Status[None]:
    """The scans that it made stay."""
    services.remove(request.caller, number)
    return Status(204, None)


def _check_together(wanted: ScheduleWanted) -> None:
    """Nothing that was said is left out without a word. What says nothing, as an answer of ours has it, may be said."""
    said = {
        "at": (wanted.at is not None, models.When.ONCE),
        "cron": (bool(wanted.cron.strip()), models.When.TIMES),
        "poll_minutes": (
            "poll_minutes" in wanted.model_fields_set and wanted.poll_minutes != 0,
            models.When.PUSH,
        ),
    }
    for name, (told, when) in said.items():
        if told and wanted.when != when:
            raise InvalidInput(f"`{name}` goes with `when`: `{when}` alone.", field=name)
    if wanted.when == "push" and wanted.zone != "UTC":
        raise InvalidInput("A push has no time zone.", field="zone")


def _shown(row: models.Schedule) -> Schedule:
    return Schedule(
        id=row.pk,
        name=row.name,
        description=row.description,
        repositories=[each.full_name for each in row.repositories.select_related("owner")],
        ref=row.ref,
        scanners=row.scanners,
        environment=row.measured_by.name if row.measured_by else None,
        when=row.when,
        at=row.at,
        cron=row.cron,
        zone=row.zone,
        poll_minutes=row.poll_minutes,
        paused=row.paused_at is not None,
        next_times=services.next_times(row),
    )
