"""Doing something again and again, durably: one row for each time that it is to be done.

A worker asks now and then for the rows that are due (`due`), and does them as jobs. Ending one puts the next one in its
place, in the same transaction; what has none, because it is new, gets its first when somebody asks. So nothing is
forgotten by a process that dies, and nothing is done twice by two that live.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from keyhole.connections.models import Connection
from keyhole.integrations.models import Task, TaskKind

EVERY = {
    TaskKind.PROBE: timedelta(days=1),
    TaskKind.REMIND: timedelta(hours=1),
    TaskKind.INSPECT: timedelta(days=7),
    TaskKind.UNUSED: timedelta(days=1),
}
"""How long after one the next."""
SOON = timedelta(hours=1)
"""When to try again what came to nothing."""
_SPREAD = 0.1
"""How far from `EVERY` the next may be, as a part of it: connections must not all be asked at one moment."""
_LEAST = timedelta(days=2)
"""No task is further away than this, or twice its interval. One that seems to be was dated by a clock that has been
corrected since.
"""
_KEPT = timedelta(days=30)
_dice = random.SystemRandom()


def due(kind: TaskKind, now: datetime | None = None) -> list[int]:
    """Ids of the tasks of a kind that are to be done now, longest due first."""
    moment = now or timezone.now()
    _begin(kind, moment)
    waiting = Task.objects.filter(kind=kind, done_at=None).order_by("due_at", "pk")
    furthest = moment + max(_LEAST, 2 * EVERY[kind])
    return [task.pk for task in waiting if not moment < task.due_at <= furthest]


def _begin(kind: TaskKind, now: datetime) -> None:
    """A first task for what has none."""
    have = set(Task.objects.filter(kind=kind, done_at=None).values_list("subject", flat=True))
    for subject in _subjects(kind):
        if subject not in have:
            first = now if kind is TaskKind.REMIND else now + _dice.random() * EVERY[kind]
            _open(kind, subject, first)


def _subjects(kind: TaskKind) -> Iterable[int]:
    if kind in (TaskKind.REMIND, TaskKind.UNUSED):
        return (0,)
    return Connection.objects.filter(removed_at=None).values_list("pk", flat=True)


def _open(kind: str, subject: int, at: datetime) -> None:
    try:
        with transaction.atomic():
            Task.objects.create(kind=kind, subject=subject, due_at=at)
    except IntegrityError:
        pass  # another process was faster, which is as good


def end(task: Task, outcome: str, *, again: timedelta | None = None) -> bool:
    """End a task and put the next one in its place, `again` from now or after the usual time.

    In the transaction of what it did. False, and nothing is to be done, if somebody else ended it meanwhile.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a task ends in the transaction of what it did")
    now = timezone.now()
    if not Task.objects.filter(pk=task.pk, done_at=None).update(done_at=now, outcome=outcome[:300]):
        return False
    kind = TaskKind(task.kind)
    wait = again or EVERY[kind] * (1 + _SPREAD * (2 * _dice.random() - 1))
    if task.subject in set(_subjects(kind)):
        _open(task.kind, task.subject, now + wait)
    Task.objects.filter(done_at__lt=now - _KEPT).delete()
    return True


def hurry(kind: TaskKind, subject: int) -> int:
    """Make a task due now; returns its id. Made if there is none."""
    now = timezone.now()
    _open(kind, subject, now)
    task = Task.objects.get(kind=kind, subject=subject, done_at=None)
    Task.objects.filter(pk=task.pk).update(due_at=now)
    return task.pk
