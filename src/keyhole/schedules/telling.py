"""Whom a schedule acts for, and telling people what it could not scan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from keyhole.core.caller import Caller, Via
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish
from keyhole.schedules.models import Schedule

AGAIN = timedelta(hours=20)
"""A schedule that looks for pushes fails every few minutes while GitHub is away: the same is told once in that time.
Less than a day, so that what fails every night is told every time."""


class Problem(NamedTuple):
    """Something that should have been scanned and was not."""

    text: str
    repository: int = 0
    """Id of the one it is about; 0 if it is about the schedule."""


def acting_for(schedule: Schedule) -> Caller:
    """The schedule as a caller: it may what the person may who made it, and the audit says it was the schedule."""
    return Caller(schedule.created_by_id, f"schedule {schedule.pk}", Via.JOB)


def not_allowed(schedule: Schedule) -> str:
    """Why it may not do what it was made for, and what to do: the refusal itself names the schedule, not the person."""
    person = schedule.created_by
    if person is None:
        return "nobody is left for whom the schedule could act; whoever changes it takes it over"
    gone = "the role of that account does not allow it" if person.is_active else "that account is closed"
    return f"the schedule acts for {person.owner.login}, and {gone}; whoever changes it takes it over"


def tell(schedule: Schedule, problems: Sequence[Problem], well: Iterable[int] = ()) -> None:
    """Publish the problems, unless people were told all of them not long ago.

    `well`: ids of repositories that had no problem this time, so that their next one is told at once.
    """
    now = timezone.now()
    with transaction.atomic():
        row = Schedule.objects.select_for_update().filter(pk=schedule.pk).first()
        if row is None:
            return
        since = (now - AGAIN).isoformat()
        before = {key: each for key, each in (row.told or {}).items() if each[1] > since}
        ended = set(well) - {problem.repository for problem in problems}
        told = {key: each for key, each in before.items() if int(key) not in ended}
        new = {
            str(each.repository): [_digest(each), now.isoformat()] for each in problems if _is_new(told, each)
        }
        if not new or say(schedule, [each.text for each in problems]):
            told |= new
        if told != (row.told or {}):
            Schedule.objects.filter(pk=schedule.pk).update(told=told or None)


def say(schedule: Schedule, problems: Sequence[str]) -> bool:
    """Publish that something should have been scanned and was not. False if that could not be stored."""
    return publish(
        acting_for(schedule),
        Event(
            "schedule.failed",
            Severity.WARNING,
            f"The schedule “{schedule.name}” could not scan everything",
            "What was not scanned is not known to be clean.",
            f"/schedules/{schedule.pk}",
            {f"Problem {number}": problem for number, problem in enumerate(problems[:10], 1)},
        ),
    )


def _is_new(told: dict[str, list[str]], problem: Problem) -> bool:
    return told.get(str(problem.repository), [""])[0] != _digest(problem)


def _digest(problem: Problem) -> str:
    return hashlib.sha256(problem.text.encode()).hexdigest()[:16]
