"""Whom a schedule acts for, and telling people what it could not scan."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from keyhole.core.caller import Caller, Via
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish
from keyhole.schedules.models import Schedule

AGAIN = timedelta(days=1)
"""A schedule that looks for pushes fails every few minutes while GitHub is away: the same is told once in that time."""


def acting_for(schedule: Schedule) -> Caller:
    """The schedule as a caller: it may what the person may who made it, and the audit says it was the schedule."""
    return Caller(schedule.created_by_id, f"schedule {schedule.pk}", Via.JOB)


def tell(schedule: Schedule, caller: Caller, problems: Sequence[str]) -> None:
    """Publish that something should have been scanned and was not, unless people were told the same not long ago."""
    now = timezone.now()
    digest = hashlib.sha256("\n".join(problems).encode()).hexdigest()
    not_told = Schedule.objects.filter(pk=schedule.pk).exclude(told=digest, told_at__gt=now - AGAIN)
    with transaction.atomic():
        if not not_told.update(told=digest, told_at=now):
            return
        publish(
            caller,
            Event(
                "schedule.failed",
                Severity.WARNING,
                f"The schedule “{schedule.name}” could not scan everything",
                "What was not scanned is not known to be clean.",
                f"/schedules/{schedule.pk}",
                {f"Problem {number}": problem for number, problem in enumerate(problems[:10], 1)},
            ),
        )


def well(schedule: Schedule) -> None:
    """Note that all of it could be scanned, so that the next failure is told at once."""
    Schedule.objects.filter(pk=schedule.pk).exclude(told="").update(told="")
