"""Keeping advisories fresh: whether the server fetches them by itself, how that went, and when it does next.

Nothing is fetched before somebody asked for it: by `keyhole advisories sync` on this machine, or by switching it on.
The times are rows, as those of schedules are: one open at most, replaced by the next when it ends, so that nothing is
forgotten by a process that dies and nothing done twice by two that live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.advisories.store import Holding, holding
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import InvalidInput
from keyhole.inventory.models import Refresh, Upkeep
from keyhole.jobs import engine
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish

KIND = "advisories-refresh"
USUAL_HOURS = 24
MOST_HOURS = 24 * 30
FIRST_RETRY = timedelta(minutes=10)
"""After the first failure; twice as long after each further one, up to the usual time."""
TELL_AFTER = 6
"""Failures in a row that people are told of, once: five hours of them, mostly. Less than that is no news."""
_KEPT = timedelta(days=90)
_JOB = Caller(None, "advisories", Via.JOB)
_QUERY = re.compile(r"(https?://[^\s?#]*)[?#]\S*")
"""Addresses that a mirror leads to are often signed, and everybody here may read what went wrong."""


@dataclass(frozen=True, slots=True)
class State:
    """What there is, and what becomes of it."""

    held: Holding
    on: bool
    """Whether the server fetches by itself."""
    hours: int
    next_at: datetime | None
    """When it fetches next; None if it does not."""
    running: bool
    fetched_at: datetime | None
    """When it last fetched everything that it was to fetch."""
    failed_at: datetime | None
    """When it last failed, if that was after it last fetched everything."""
    problem: str
    failures: int
    """How often it failed since then."""


def state(caller: Caller) -> State:
    """What scans compare with, how old that is, and how it is kept fresh."""
    require(caller, "advisories:read")
    held = holding()
    on, hours = _wanted(held)
    waiting = Refresh.objects.filter(open=True).first()
    done = Refresh.objects.exclude(advisories=None).first()
    failures = _failures()
    due = waiting.due_at if waiting else _first(held, hours, timezone.now()) if on else None
    return State(
        held=held,
        on=on,
        hours=hours,
        next_at=due,
        running=waiting is not None and waiting.begun_at is not None,
        fetched_at=done.done_at if done else None,
        failed_at=failures[0].done_at if failures else None,
        problem=failures[0].outcome if failures else "",
        failures=len(failures),
    )


def keep(caller: Caller, *, on: bool, hours: int = USUAL_HOURS) -> None:
    """Have the server fetch advisories by itself every so many hours, or not. InvalidInput for too few or too many."""
    require(caller, "advisories:change")
    if not 1 <= hours <= MOST_HOURS:
        raise InvalidInput(f"From 1 hour to {MOST_HOURS} hours.", field="hours")
    now = timezone.now()
    with transaction.atomic():
        append(
            Draft(
                "advisories:change", ALLOWED, caller.as_actor(), {"fetched": on, "hours": hours if on else 0}
            )
        )
        Upkeep.objects.update_or_create(only=True, defaults={"on": on, "hours": hours, "changed_at": now})
        Refresh.objects.filter(open=True, begun_at=None, asked=False).delete()
    plan(now)


def fetch_now(caller: Caller) -> None:
    """Have a worker fetch advisories at once, once. Nothing else happens if it is about to."""
    require(caller, "advisories:change")
    now = timezone.now()
    with transaction.atomic():
        append(Draft("advisories:fetch", ALLOWED, caller.as_actor(), {}))
        row = _open() or _bring(now, asked=True) or _open()  # another process may have been faster
        if row is not None and row.begun_at is None:
            Refresh.objects.filter(pk=row.pk).update(due_at=min(row.due_at, now), asked=True)
    if row is not None:
        engine.enqueue(KIND, row.pk)


def plan(now: datetime) -> None:
    """Puts the next time in its place where there is to be one and none is."""
    if Refresh.objects.filter(open=True).exists():
        return
    if (upkeep := Upkeep.objects.first()) is not None and not upkeep.on:
        return
    held = holding()
    on, hours = _wanted(held)
    if on:
        _bring(_first(held, hours, now))


def end(row: int, *, advisories: int | None = None, problem: str = "", failed: bool = False) -> None:
    """Ends one time, on record, and puts the next one in its place. Nothing happens if somebody ended it meanwhile."""
    now, problem = timezone.now(), _QUERY.sub(r"\1", problem)
    with transaction.atomic():
        done = Refresh.objects.filter(pk=row, open=True).update(
            open=False, done_at=now, advisories=advisories, failed=failed, outcome=problem[:500]
        )
        if not done:
            return
        subject = {"problem": problem} if problem else {"advisories": advisories}
        append(Draft("advisories:refresh", ALLOWED, _JOB.as_actor(), subject))
        Refresh.objects.filter(done_at__lt=now - _KEPT).delete()
        if failed and len(_failures()) == TELL_AFTER:
            publish(_JOB, _event(problem))
        on, hours = _wanted(holding())
        if on:
            _bring(now + _pause(timedelta(hours=hours), again=bool(problem)))


def live(refresh: Refresh) -> bool:
    """Whether it is still to be done: somebody may have switched it off while it waited."""
    return refresh.asked or kept()


def kept() -> bool:
    """Whether the server fetches by itself, rather than once because somebody asked for that."""
    return _wanted(holding())[0]


def _wanted(held: Holding) -> tuple[bool, int]:
    decided = Upkeep.objects.first()
    return (bool(held.asked), USUAL_HOURS) if decided is None else (decided.on, decided.hours)


def _first(held: Holding, hours: int, now: datetime) -> datetime:
    """When what there is has its age; at once if there is nothing."""
    asked = [each.at for each in held.ecosystems if not held.asked or each.ecosystem in held.asked]
    if not asked:
        return now
    return max(datetime.fromisoformat(min(asked)).astimezone(UTC) + timedelta(hours=hours), now)


def _pause(usual: timedelta, *, again: bool) -> timedelta:
    if not again:
        return usual
    earlier = max(len(_failures()) - 1, 0)
    return min(usual, FIRST_RETRY * 2 ** min(earlier, 20))


def _failures() -> list[Refresh]:
    """Those that failed since one did not, latest first."""
    done = Refresh.objects.exclude(advisories=None).values_list("pk", flat=True).first() or 0
    return list(Refresh.objects.filter(failed=True, pk__gt=done))


def _event(problem: str) -> Event:
    return Event(
        "advisories.failed",
        Severity.WARNING,
        f"Advisories could not be fetched {TELL_AFTER} times in a row",
        f"{problem} Scans go on with what was fetched before, and do not know what was published since. "
        "It is tried again by itself.",
        "/settings/advisories",
    )


def _open() -> Refresh | None:
    return Refresh.objects.select_for_update().filter(open=True).first()


def _bring(at: datetime, *, asked: bool = False) -> Refresh | None:
    """A time to fetch; None when another process was faster."""
    try:
        with transaction.atomic():
            return Refresh.objects.create(due_at=at, asked=asked)
    except IntegrityError:
        return None
