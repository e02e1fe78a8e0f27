"""Asking GitHub whether a connection's credential is alive, and telling people when that changes."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.connections.models import Connection, State
from keyhole.connections.services import check
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, NotFound, Unavailable
from keyhole.integrations.models import Task, TaskKind, Told
from keyhole.integrations.watch import schedule
from keyhole.integrations.watch.telling import tell
from keyhole.notifications.events import Event, Severity

_OVER = (State.SICK, State.EXPIRED)


def watcher() -> Caller:
    """The watch as a caller: it may what this machine's operator may, and the audit says that it was the watch."""
    return replace(local_caller(), name="keyhole watch", via=Via.JOB)


def probe(number: int) -> None:
    """Carry out one task: one cheap request, its outcome noted, the next task made. Harmless when it is done."""
    task = Task.objects.filter(pk=number, done_at=None).first()
    if task is None:
        return
    caller = watcher()
    try:
        row = check(caller, task.subject)
    except Conflict:
        _end(task, "It is paused, so it was not asked.")
    except NotFound:
        _end(task, "It was removed.")
    except Unavailable as problem:
        _end(task, problem.message, soon=True)
    else:
        _conclude(caller, task, row)


def probe_now(connection: int) -> str:
    """Ask without waiting for the day's time, and return the outcome. NotFound as for the connection's row."""
    number = schedule.hurry(TaskKind.PROBE, connection)
    probe(number)
    return Task.objects.get(pk=number).outcome


def _end(task: Task, outcome: str, *, soon: bool = False) -> None:
    with transaction.atomic():
        schedule.end(task, outcome, again=schedule.SOON if soon else None)


def _conclude(caller: Caller, task: Task, row: Connection) -> None:
    state = row.state
    outcome = row.reason or ("It has expired." if state is State.EXPIRED else "It is alive.")
    with transaction.atomic():
        again = schedule.SOON if state is State.TROUBLED else None
        if not schedule.end(task, outcome, again=again) or state is State.TROUBLED:
            return
        told = Told.objects.filter(connection=row).first()
        problem = row.problem or ("expired" if state is State.EXPIRED else "")
        if state in _OVER and (told is None or told.problem != problem):
            Told.objects.update_or_create(connection=row, defaults={"problem": problem, "at": timezone.now()})
            tell(caller, _failed(row, outcome))
        elif state is State.HEALTHY and told is not None:
            told.delete()
            tell(caller, _recovered(row))


def _failed(row: Connection, why: str) -> Event:
    return Event(
        "connection.failed",
        Severity.CRITICAL,
        f"GitHub no longer accepts the credential of {row.name}",
        f"{why} {row.hint}".strip(),
        f"/connections/{row.pk}",
        {"Connection": row.name, "Owner": row.owner_login, "GitHub": row.instance.name},
    )


def _recovered(row: Connection) -> Event:
    return Event(
        "connection.recovered",
        Severity.INFO,
        f"{row.name} works again",
        "GitHub accepts its credential again.",
        f"/connections/{row.pk}",
        {"Connection": row.name},
    )
