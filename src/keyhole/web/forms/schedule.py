"""The form of a schedule, from what was posted and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict

from keyhole.core.errors import InvalidInput
from keyhole.schedules import times
from keyhole.schedules.models import Schedule, When
from keyhole.schedules.services import ScheduleSpec

OTHER = "other"
"""The choice of times beside the presets."""


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form. Nothing is checked yet."""

    name: str = ""
    description: str = ""
    repositories: frozenset[int] = frozenset()
    ref: str = ""
    scanners: tuple[str, ...] = ("secrets",)
    environment: str = ""
    when: str = When.TIMES
    preset: str = "nightly"
    cron: str = ""
    zone: str = "UTC"
    at: str = ""
    poll_minutes: str = "5"
    presets: tuple[times.Preset, ...] = field(default=times.PRESETS)

    @property
    def fields(self) -> str:
        """The cron fields that are meant."""
        return next((each.cron for each in times.PRESETS if each.id == self.preset), self.cron)

    @property
    def at_has_offset(self) -> bool:
        """Whether the time says its offset from UTC, which a field for day and time would leave empty."""
        try:
            return datetime.fromisoformat(self.at).tzinfo is not None
        except ValueError:
            return False


def posted(data: QueryDict) -> Form:
    """The form as it was sent."""
    return Form(
        name=data.get("name", "").strip(),
        description=data.get("description", "").strip(),
        repositories=frozenset(int(each) for each in data.getlist("repositories") if _is_id(each)),
        ref=data.get("ref", "").strip(),
        scanners=tuple(data.getlist("scanners")),
        environment=data.get("environment", ""),
        when=data.get("when", ""),
        preset=data.get("preset", ""),
        cron=data.get("cron", "").strip(),
        zone=data.get("zone", "").strip() or "UTC",
        at=data.get("at", "").strip(),
        poll_minutes=data.get("poll_minutes", "").strip(),
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def of(schedule: Schedule) -> Form:
    """The form that would make this schedule; where it says nothing, as a new one has it."""
    known = next((each.id for each in times.PRESETS if each.cron == schedule.cron), OTHER)
    new = Form()
    return Form(
        name=schedule.name,
        description=schedule.description,
        repositories=frozenset(schedule.repositories.values_list("pk", flat=True)),
        ref=schedule.ref,
        scanners=tuple(schedule.scanners),
        environment=str(schedule.environment_id or ""),
        when=schedule.when,
        preset=known if schedule.when == When.TIMES else new.preset,
        cron=schedule.cron,
        zone=schedule.zone,
        at=_written(times.local(schedule.at, schedule.zone)) if schedule.at else "",
        poll_minutes=str(schedule.poll_minutes) if schedule.when == When.PUSH else new.poll_minutes,
    )


def _written(at: datetime) -> str:
    """As `moment` reads it again: of a time that the clocks show twice, the second one says its offset from UTC."""
    told = at if at.fold else at.replace(tzinfo=None)
    return told.isoformat(timespec="seconds" if at.second else "minutes")


def spec(form: Form) -> ScheduleSpec:
    """What the services take. InvalidInput, naming the field, for what is no time or no number."""
    if not form.scanners:
        raise InvalidInput("Choose at least one scanner.", field="scanners")
    return ScheduleSpec(
        name=form.name,
        description=form.description,
        repository_ids=tuple(sorted(form.repositories)),
        ref=form.ref,
        scanners=form.scanners,
        environment_id=int(form.environment) if _is_id(form.environment) else None,
        when=form.when,
        at=moment(form) if form.when == When.ONCE else None,
        cron=form.fields,
        zone=form.zone,
        poll_minutes=_minutes(form) if form.when == When.PUSH else 0,
    )


def moment(form: Form) -> datetime:
    """When it is to run once. InvalidInput, naming the field, for what is no time."""
    try:
        wall = datetime.fromisoformat(form.at)
    except ValueError:
        raise InvalidInput("Say the day and the time.", field="at", hint="2026-01-31T06:00") from None
    return wall if wall.tzinfo is not None else times.in_zone(wall, form.zone)


def _minutes(form: Form) -> int:
    if not (form.poll_minutes.isascii() and form.poll_minutes.isdigit() and len(form.poll_minutes) < 6):
        raise InvalidInput("Say a number of minutes; 0 is never.", field="poll_minutes")
    return int(form.poll_minutes)
