"""Whom a schedule acts for, and telling people what it could not scan."""

from __future__ import annotations

from collections.abc import Sequence

from keyhole.core.caller import Caller, Via
from keyhole.notifications.events import Event, Severity
from keyhole.notifications.publishing import publish
from keyhole.schedules.models import Schedule


def acting_for(schedule: Schedule) -> Caller:
    """The schedule as a caller: it may what the person may who made it, and the audit says it was the schedule."""
    return Caller(schedule.created_by_id, f"schedule {schedule.pk}", Via.JOB)


def tell(schedule: Schedule, caller: Caller, problems: Sequence[str]) -> None:
    """Publish that something should have been scanned and was not."""
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
