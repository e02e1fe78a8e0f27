"""Schedules as durable jobs: what is due is found in rows, done by whichever worker is alive, and found again else."""

from __future__ import annotations

from collections.abc import Iterable

from keyhole.jobs import job, step
from keyhole.schedules import again, occurrences, running, telling
from keyhole.schedules.models import Occurrence

KIND = "schedule"


def _due() -> Iterable[int]:
    return occurrences.due()


def _failed(row: int, reason: str) -> None:
    occurrence = Occurrence.objects.select_related("schedule").filter(pk=row, done_at=None).first()
    if occurrence is None:
        return
    if occurrences.end(occurrence, reason, failed=True, again=again.pause(occurrence)):
        telling.tell(occurrence.schedule, [telling.Problem(reason, occurrence.subject)])


@job(KIND, unfinished=_due, failed=_failed)
def run(row: int) -> None:
    """Carry out one occurrence."""
    begin_scans(row)


@step
def begin_scans(row: int) -> None:
    """A crash in the middle begins again, and leaves alone what was begun."""
    running.carry_out(row)
