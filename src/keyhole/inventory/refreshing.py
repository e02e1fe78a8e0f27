"""Fetching advisories as a durable job: found when due, done by whichever worker is alive, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection
from django.utils import timezone

from keyhole.advisories import store
from keyhole.core.errors import Conflict, KeyholeError
from keyhole.inventory import upkeep
from keyhole.inventory.models import Refresh
from keyhole.jobs import Interrupted, engine, job, step

_FETCHING = 0x6B68_6164_7669_736F


def _due() -> Iterable[int]:
    now = timezone.now()
    upkeep.plan(now)
    return list(Refresh.objects.filter(open=True, due_at__lte=now).values_list("pk", flat=True))


def _failed(row: int, reason: str) -> None:
    upkeep.end(row, problem=reason, failed=True)


@job(upkeep.KIND, unfinished=_due, failed=_failed)
def refresh_advisories(row: int) -> None:
    """Fetches what changed."""
    fetch_advisories(row)


@step
def fetch_advisories(row: int) -> None:
    """A crash in the middle begins again, and goes on with what was downloaded by then."""
    refresh = Refresh.objects.filter(pk=row, open=True).first()
    if refresh is None:
        return
    if not upkeep.live(refresh):
        refresh.delete()
        return
    if not Refresh.objects.filter(pk=row, open=True).update(begun_at=timezone.now()):
        return  # switched off at this moment
    try:
        with _only_one():
            count = store.sync(store.holding().asked, _go_on, remember=upkeep.kept())
    except Conflict as problem:  # whoever fetches at this moment does the same work
        upkeep.end(row, problem=problem.message)
    except KeyholeError as problem:
        upkeep.end(row, problem=problem.message, failed=True)
    else:
        upkeep.end(row, advisories=count)


def _go_on(_name: str, _number: int) -> None:
    if engine.stopping():
        raise Interrupted


@contextmanager
def _only_one() -> Iterator[None]:
    """Where several machines share a database, one fetches at a time. On one machine the index has a lock itself."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_FETCHING])
        if not cursor.fetchone()[0]:
            raise Conflict("Another machine fetches advisories.")
        try:
            yield
        finally:
            try:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_FETCHING])
            except DatabaseError:  # the session was cut meanwhile, and the lock went with it
                connection.close()
