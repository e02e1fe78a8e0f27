"""The watch as durable jobs: what is due is found in rows, done by whichever worker is alive, and found again else."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from keyhole.integrations.models import Task, TaskKind
from keyhole.integrations.watch import inspections, probes, reminders, schedule, unneeded
from keyhole.jobs import job, step


def _due_probes() -> Iterable[int]:
    return schedule.due(TaskKind.PROBE)


def _due_reminders() -> Iterable[int]:
    return schedule.due(TaskKind.REMIND)


def _due_inspections() -> Iterable[int]:
    return schedule.due(TaskKind.INSPECT)


def _due_unused() -> Iterable[int]:
    return schedule.due(TaskKind.UNUSED)


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


@job(TaskKind.INSPECT.value, unfinished=_due_inspections, failed=_failed)
def inspect(row: int) -> None:
    """Ask GitHub what one connection can do."""
    look(row)


@step
def look(row: int) -> None:
    """The requests and what comes of them. A crash in the middle asks once more, which changes nothing."""
    inspections.inspect_due(row)


@job(TaskKind.UNUSED.value, unfinished=_due_unused, failed=_failed)
def unused(row: int) -> None:
    """Tell what is granted and not used."""
    tell_unused(row)


@step
def tell_unused(row: int) -> None:
    """What was told is remembered in the same transaction, so a crash in the middle repeats nothing."""
    unneeded.tell_due(row)
