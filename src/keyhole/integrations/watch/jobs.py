"""The watch as durable jobs: what is due is found in rows, done by whichever worker is alive, and found again else."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from keyhole.integrations.models import Task, TaskKind
from keyhole.integrations.watch import probes, reminders, schedule
from keyhole.jobs import job, step


def _due_probes() -> Iterable[int]:
    return schedule.due(TaskKind.PROBE)


def _due_reminders() -> Iterable[int]:
    return schedule.due(TaskKind.REMIND)


def _failed(row: int, reason: str) -> None:
    task = Task.objects.filter(pk=row, done_at=None).first()
    if task is not None:
        with transaction.atomic():
            schedule.end(task, reason, again=schedule.SOON)


@job(TaskKind.PROBE.value, unfinished=_due_probes, failed=_failed)
def probe(row: int) -> None:
    """Ask GitHub about one connection."""
    ask(row)


@step
def ask(row: int) -> None:
    """The request and what comes of it. A crash in the middle asks once more, which changes nothing."""
    probes.probe(row)


@job(TaskKind.REMIND.value, unfinished=_due_reminders, failed=_failed)
def remind(row: int) -> None:
    """Remind of expirations."""
    say(row)


@step
def say(row: int) -> None:
    """Every reminder is remembered in the transaction that gives it, so a crash in the middle repeats none."""
    reminders.remind(row)
