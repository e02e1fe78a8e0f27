"""The database, looked at before it is used: sound, not from a later version, and brought up to date."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import Error as DatabaseProblem
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from keyhole.core.errors import Misconfigured

_CHECKED_BYTES = 64 << 20
"""Larger databases are not read from end to end at each start."""


def bring_up_to_date(*, thorough: bool = True) -> None:
    """Check the database, then apply the migrations it lacks. Interrupted, it can be run again.

    Raises Misconfigured, with what to do, when the database is damaged or was used by a newer Keyhole. It is
    then left as it is. `thorough` reads the whole of a small database, which a single command need not wait for.
    """
    try:
        with _one_at_a_time():
            if thorough:
                _check_sound()
            executor = MigrationExecutor(connection)
            _check_not_newer(executor)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                call_command("migrate", verbosity=0, interactive=False)
    except DatabaseProblem as problem:
        raise Misconfigured(f"The database {_name()} cannot be used: {problem}. {_RESTORE}") from problem


_RESTORE = "Keyhole leaves it as it is: restore it from a backup, or choose another KEYHOLE_DATA."


def _name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    # Two commands on a new data folder would otherwise both create the first table.
    descriptor = os.open(
        Path(settings.KEYHOLE_DATA) / "migrate.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _check_sound() -> None:
    if connection.vendor != "sqlite" or Path(_name()).stat().st_size > _CHECKED_BYTES:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        found = cursor.fetchone()[0]
    if found != "ok":
        raise Misconfigured(f"The database {_name()} is damaged: {found}. {_RESTORE}")


def _check_not_newer(executor: MigrationExecutor) -> None:
    known = executor.loader.disk_migrations
    labels = {app for app, _ in known}
    later = sorted(
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if app in labels and (app, name) not in known
    )
    if later:
        raise Misconfigured(
            f"The database {_name()} was used by a newer Keyhole ({', '.join(later)}). "
            "Start that version, or restore a backup from before it."
        )
