"""Where the engine keeps its records: beside Django's database, or inside it where several machines share the work."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

from django.conf import settings

from keyhole.jobs.liveness import Beacon, FileBeacon, TableBeacon


def shared() -> bool:
    """Whether workers on several machines may share the work, which PostgreSQL is for."""
    return bool(settings.KEYHOLE_DATABASE_URL)


def url() -> str:
    """Address of the engine's records. Holds the database's password: for the engine, never for a log."""
    if shared():
        return str(settings.KEYHOLE_DATABASE_URL)
    return f"sqlite:///{settings.KEYHOLE_DATA / 'jobs.sqlite'}"


def prepare() -> None:
    """Makes the file of the records, for nobody else to read. The engine itself would take any mode."""
    if shared():
        return
    path = settings.KEYHOLE_DATA / "jobs.sqlite"
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        # Stays with the file. Without it, a page that shows progress and a worker that saves it lock each other out.
        connection.execute("PRAGMA journal_mode=WAL")


def beacon() -> Beacon:
    """How workers on this database see one another."""
    return TableBeacon() if shared() else FileBeacon(settings.KEYHOLE_DATA / "workers")
