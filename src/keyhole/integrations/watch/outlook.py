"""What the watch sees coming and what it has found, for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from keyhole.connections.models import Connection, State
from keyhole.connections.services import list_connections
from keyhole.core.caller import Caller
from keyhole.integrations.models import Task, TaskKind
from keyhole.integrations.services import register

SOON = timedelta(days=30)
"""How far ahead it looks."""
_TROUBLE = (State.SICK, State.EXPIRED, State.TROUBLED)


@dataclass(frozen=True, slots=True)
class Coming:
    """An expiration."""

    what: str
    """`token` or `connection`."""
    name: str
    url: str
    expires_at: datetime

    @property
    def over(self) -> bool:
        """Whether it has come."""
        return self.expires_at <= timezone.now()


@dataclass(frozen=True, slots=True)
class Watched:
    """A connection with what the daily question came to."""

    connection: Connection
    asked_at: datetime | None
    outcome: str
    """Of the last question; empty before the first one."""
    next_at: datetime | None
    """When it is asked again; None until a worker has planned it."""


def expirations(caller: Caller, *, within: timedelta = SOON) -> list[Coming]:
    """Tokens and connections that expire so soon, or did within as long, soonest first."""
    now = timezone.now()
    found = [
        Coming("token", held.token.name, f"/integrations/{each.row.pk}", held.token.expires_at)
        for each in register(caller)
        for held in each.live
        if held.token.expires_at is not None
    ]
    found += [
        Coming("connection", row.name, f"/connections/{row.pk}", row.expires_at)
        for row in list_connections(caller)
        if row.expires_at is not None
    ]
    near = [each for each in found if now - within < each.expires_at <= now + within]
    return sorted(near, key=lambda each: each.expires_at)


def failing(caller: Caller) -> list[Connection]:
    """Connections that GitHub does not take, or could not be asked about."""
    return [row for row in list_connections(caller) if row.state in _TROUBLE]


def watched(caller: Caller) -> list[Watched]:
    """Every connection, by name, with the last question and the next one."""
    rows = list_connections(caller)
    tasks = Task.objects.filter(kind=TaskKind.PROBE, subject__in=[row.pk for row in rows])
    return [_watched(row, [task for task in tasks if task.subject == row.pk]) for row in rows]


def _watched(row: Connection, tasks: Iterable[Task]) -> Watched:
    done = [task for task in tasks if task.done_at is not None]
    last = max(done, key=lambda task: task.done_at or task.due_at, default=None)
    following = next((task.due_at for task in tasks if task.done_at is None), None)
    return Watched(row, last.done_at if last else None, last.outcome if last else "", following)
