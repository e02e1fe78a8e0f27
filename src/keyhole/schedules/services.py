"""What people do with schedules: make, change, pause, run and remove them, and look at when they ran."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import require
from keyhole.audit.log import Draft, append
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.refs import can_be_chosen
from keyhole.jobs import engine
from keyhole.repositories import services as repositories
from keyhole.repositories.models import Repository
from keyhole.scanners.registry import chosen
from keyhole.scans.models import Trigger
from keyhole.scans.services import asked_by, environment_of, line_of
from keyhole.schedules import hooks, occurrences, times
from keyhole.schedules.jobs import KIND
from keyhole.schedules.models import Cause, Occurrence, Schedule, Seen, When

log = logging.getLogger("keyhole.schedules")

MOST_REPOSITORIES = 500
LEAST_POLL, MOST_POLL = 1, 1440
"""Minutes between two looks for pushes."""
_FARTHEST = datetime(9999, 1, 1, tzinfo=UTC)
"""A time before it can be told in every zone; a later one may fall behind the last year that there is."""


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """The fields of the form."""

    name: str
    """At most 100 characters."""
    repository_ids: tuple[int, ...]
    when: str
    """One of `When`."""
    at: datetime | None = None
    """For `once`, in the future."""
    cron: str = ""
    """For `times`; see `times.check`."""
    zone: str = "UTC"
    poll_minutes: int = 5
    """For `push`; 0 for being told only."""
    description: str = ""
    ref: str = ""
    """Branch or tag; empty for all of them."""
    scanners: tuple[str, ...] = ("secrets",)
    environment_id: int | None = None


def create(caller: Caller, spec: ScheduleSpec) -> Schedule:
    """Make a schedule and plan its first run. InvalidInput names the field that makes no sense."""
    user = require(caller, "schedule:create")
    fields, places = _checked(caller, spec)
    with transaction.atomic():
        schedule = Schedule.objects.create(created_by=user, created_at=timezone.now(), **fields)
        schedule.repositories.set(places)
        _plan(schedule)
        _record(caller, "schedule:create", schedule, places)
    return schedule


def change(caller: Caller, number: int, spec: ScheduleSpec) -> Schedule:
    """Replace what a schedule says. From then on its scans act for whoever changed it."""
    user, schedule = _changeable(caller, number)
    fields, places = _checked(caller, spec)
    with transaction.atomic():
        Schedule.objects.filter(pk=schedule.pk).update(created_by=user, **fields)
        schedule.refresh_from_db()
        schedule.repositories.set(places)
        Seen.objects.filter(schedule=schedule).exclude(repository__in=places).delete()
        _plan(schedule)
        _record(caller, "schedule:change", schedule, places)
    return schedule


def list_schedules(caller: Caller) -> QuerySet[Schedule]:
    """Every schedule, by name."""
    require(caller, "schedule:read")
    return Schedule.objects.filter(removed_at=None).select_related("created_by", "environment")


def measured_by(caller: Caller, environment_id: int) -> list[Schedule]:
    """The schedules whose scans this environment measures, by name: without it they scan on, and nothing judges."""
    return list(list_schedules(caller).filter(environment=environment_id))


def get(caller: Caller, number: int) -> Schedule:
    """One schedule. NotFound when there is none with this number."""
    found = list_schedules(caller).filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise NotFound("There is no such schedule.", hint="`keyhole schedule list` lists them.")
    return found


def get_to_change(caller: Caller, number: int) -> Schedule:
    """One schedule, for a form that changes it. NotFound; PermissionDenied unless the caller may change it."""
    return _changeable(caller, number)[1]


def runs(caller: Caller, number: int) -> QuerySet[Occurrence]:
    """When it ran and what came of it, newest first. Looks that found nothing new are left out."""
    done = Occurrence.objects.filter(schedule=get(caller, number)).exclude(done_at=None)
    return done.exclude(occurrences.NOTHING_NEW)


def next_times(schedule: Schedule, count: int = 5, after: datetime | None = None) -> list[datetime]:
    """The next times at which it runs, in its zone; none while it is paused, or when only a push makes it run."""
    moment = after or timezone.now()
    if not schedule.live:
        return []
    if schedule.when == When.TIMES:
        return list(itertools.islice(times.upcoming(schedule.cron, schedule.zone, moment), count))
    open_ = schedule.occurrences.filter(done_at=None, cause=Cause.TIME)
    return [times.local(each.due_at, schedule.zone) for each in open_.order_by("due_at")[:count]]


def run_now(caller: Caller, number: int) -> Schedule:
    """Run it as soon as a worker is free, whatever its times. Conflict while it is paused."""
    require(caller, "scan:run")
    schedule = get(caller, number)
    if not schedule.live:
        raise Conflict(f"{schedule.name} is paused.", hint="Resume it first.")
    with transaction.atomic():
        cause = Cause.API if asked_by(caller) is Trigger.API else Cause.HAND
        occurrences.bring(schedule, cause, timezone.now())
        _record(caller, "schedule:run", schedule)
        _hand_over_later(schedule)
    return schedule


def set_paused(caller: Caller, number: int, paused: bool) -> Schedule:
    """Pause or resume it. What would have come while it was paused is not made up for."""
    _, schedule = _changeable(caller, number)
    with transaction.atomic():
        schedule.paused_at = timezone.now() if paused else None
        schedule.save(update_fields=["paused_at"])
        _plan(schedule)
        _record(caller, "schedule:pause" if paused else "schedule:resume", schedule)
    return schedule


def remove(caller: Caller, number: int) -> Schedule:
    """Remove it, with its webhook. The scans that it made stay."""
    _, schedule = _changeable(caller, number)
    with transaction.atomic():
        hooks.forget(caller, schedule)
        schedule.removed_at = timezone.now()
        schedule.save(update_fields=["removed_at"])
        occurrences.plan(schedule)
        _record(caller, "schedule:remove", schedule)
    return schedule


def make_hook(caller: Caller, number: int) -> hooks.Hook:
    """Give it a webhook with a new secret, which is shown this once; one from before stops working."""
    _, schedule = _changeable(caller, number)
    if schedule.when != When.PUSH:
        raise Conflict(
            f"{schedule.name} does not run when something is pushed, so a webhook would do nothing."
        )
    with transaction.atomic():
        made = hooks.make(caller, schedule)
        _record(caller, "schedule:hook", schedule)
    return made


def _changeable(caller: Caller, number: int) -> tuple[User, Schedule]:
    """Whoever made it may change it; for everybody else's there is an action of its own."""
    user = require(caller, "schedule:create")
    schedule = get(caller, number)
    if schedule.created_by_id != user.pk:
        require(caller, "schedule:change")
    return user, schedule


def _checked(caller: Caller, spec: ScheduleSpec) -> tuple[dict[str, object], list[Repository]]:
    places = _places(caller, spec.repository_ids)
    ref = spec.ref.strip()
    if ref and not can_be_chosen(ref):
        raise InvalidInput(f"{ref[:100]!r} cannot be the name of a branch or tag.", field="ref")
    name = line_of("name", spec.name, 100)
    if not name:
        raise InvalidInput("A schedule needs a name.", field="name")
    return {
        "name": name,
        "description": line_of("description", spec.description, 1024),
        "ref": ref,
        "scanners": [scanner.id for scanner in chosen(spec.scanners)],
        "environment": environment_of(caller, spec.environment_id),
        **_when(spec),
    }, places


def _when(spec: ScheduleSpec) -> dict[str, object]:
    if spec.when not in When.values:
        raise InvalidInput("Choose when it is to run.", field="when")
    fields: dict[str, object] = {"when": spec.when, "at": None, "cron": "", "zone": "UTC", "poll_minutes": 0}
    if spec.when == When.ONCE:
        times.check_zone(spec.zone)
        return fields | {"at": check_once(spec.at), "zone": spec.zone}
    if spec.when == When.TIMES:
        return fields | {"cron": times.check(spec.cron, spec.zone), "zone": spec.zone}
    if spec.poll_minutes and not LEAST_POLL <= spec.poll_minutes <= MOST_POLL:
        raise InvalidInput(
            f"It can look every {LEAST_POLL} to {MOST_POLL:,} minutes, or never (0).", field="poll_minutes"
        )
    return fields | {"poll_minutes": spec.poll_minutes}


def check_once(at: datetime | None) -> datetime:
    """When something is to run once. InvalidInput, naming `at`, unless that lies ahead and can be told."""
    if at is None or at <= timezone.now():
        raise InvalidInput("The time is missing or has passed.", field="at")
    if at >= _FARTHEST:
        raise InvalidInput("The time is too far away.", field="at", hint="It comes before the year 9999.")
    return at


def _places(caller: Caller, ids: Iterable[int]) -> list[Repository]:
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise InvalidInput("Choose at least one repository.", field="repositories")
    if len(wanted) > MOST_REPOSITORIES:
        raise InvalidInput(f"A schedule has at most {MOST_REPOSITORIES} repositories.", field="repositories")
    return [repositories.get(caller, number) for number in wanted]


def _record(caller: Caller, action: str, schedule: Schedule, places: Iterable[Repository] = ()) -> None:
    subject: dict[str, object] = {"schedule_id": schedule.pk, "name": schedule.name}
    if action in ("schedule:create", "schedule:change"):
        subject |= {
            "repositories": [place.full_name for place in places][:100],
            "when": schedule.when,
            "cron": schedule.cron,
            "zone": schedule.zone,
            "at": schedule.at.isoformat() if schedule.at else "",
            "ref": schedule.ref,
            "scanners": schedule.scanners,
        }
    append(Draft(action=action, outcome="allowed", actor=caller.as_actor(), subject=subject))


def _plan(schedule: Schedule) -> None:
    occurrences.plan(schedule)
    _hand_over_later(schedule)


def _hand_over_later(schedule: Schedule) -> None:
    """What is due already need not wait until a worker looks for it."""
    for number in occurrences.due().filter(schedule=schedule):
        transaction.on_commit(partial(_hand_over, number))


def _hand_over(number: int) -> None:
    try:
        engine.enqueue(KIND, number)
    except Exception:
        # The row is there, which is what counts: a worker finds it, just some seconds later.
        log.exception("schedule run %d could not be handed to the workers at once", number)
