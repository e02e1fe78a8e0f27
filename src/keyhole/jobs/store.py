"""Where the engine keeps its records: beside Django's database, or inside it where several machines share the work."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.conf import settings

from keyhole.jobs.liveness import Beacon, FileBeacon, TableBeacon

log = logging.getLogger("keyhole.jobs")


def shared() -> bool:
    """Whether workers on several machines may share the work, which PostgreSQL is for."""
    return bool(settings.KEYHOLE_DATABASE_URL)


def url() -> str:
    """Address of the engine's records. Holds the database's password: for the engine, never for a log."""
    if shared():
        return str(settings.KEYHOLE_DATABASE_URL)
    return f"sqlite:///{settings.KEYHOLE_DATA / 'jobs.sqlite'}"


def prepare() -> None:
    """Makes the file of the records, for nobody else to read. The engine itself would take any mode.

    A file that is no database any more is put aside: the rooms' rows say what is to be done, so little is lost with it.
    """
    if shared():
        return
    path = settings.KEYHOLE_DATA / "jobs.sqlite"
    try:
        _open(path)
    except sqlite3.DatabaseError as problem:
        if problem.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        log.warning("%s is damaged (%s); it is put aside, and begun anew", path, problem)
        for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if each.exists():
                each.rename(each.with_name(f"{each.name}.damaged"))
        _open(path)


def _open(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        # Stays with the file. Without it, a page that shows progress and a worker that saves it lock each other out.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("SELECT count(*) FROM sqlite_master")


def beacon() -> Beacon:
    """How workers on this database see one another."""
    return TableBeacon() if shared() else FileBeacon(settings.KEYHOLE_DATA / "workers")
