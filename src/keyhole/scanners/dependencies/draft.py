"""A new index in the making: a copy of the one that is there, changed in one transaction and put in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from keyhole.scanners.dependencies.index import (
    ASKED,
    FORMAT,
    READ,
    READING,
    TABLES,
    UNKNOWN_EPSS,
    Body,
    Index,
    Unusable,
)
from keyhole.scanners.dependencies.osv import Advisory


@dataclass(frozen=True, slots=True)
class Settled:
    """How far an ecosystem was followed."""

    at: str
    """When its source was last asked, RFC 3339."""
    modified: str
    """The newest change that is in."""
    listed: str
    """When it was last compared with the whole list, so that what was deleted is gone; RFC 3339."""
    etag: str
    """What the list was called by its server then."""


_NOTHING = Settled("", "", "", "")


class Draft:
    """Use as a context: what was not committed when it ends is as if it had never been."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._file = target.with_name(f".{target.name}.new")

    def __enter__(self) -> Self:
        self._file.unlink(missing_ok=True)
        old = _usable(self._target)
        if old:
            shutil.copyfile(self._target, self._file)
        self._database = sqlite3.connect(self._file, isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
        )
        if not old:
            self._database.executescript(TABLES)
            self._database.execute("INSERT INTO made VALUES (?)", (FORMAT,))
        self._database.execute(READ)
        self._database.execute("BEGIN")
        self._touched: set[str] = set()
        self._fresh: set[str] | None = None if old else set()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._file.unlink(missing_ok=True)

    def known(self, ecosystem: str) -> dict[str, str]:
        """The advisories of an ecosystem's source, each with when it was changed; withdrawn ones too."""
        return dict(
            self._database.execute("SELECT id, modified FROM source WHERE ecosystem = ?", (ecosystem,))
        )

    def settled(self, ecosystem: str) -> Settled:
        """How far the ecosystem was followed before; all empty if it never was."""
        row = self._database.execute(
            "SELECT at, modified, listed, etag FROM ecosystem WHERE name = ?", (ecosystem,)
        ).fetchone()
        return Settled(*row) if row else _NOTHING

    def is_read_otherwise(self, ecosystem: str) -> bool:
        """Whether what there is of the ecosystem was taken by an earlier version, and may not be as it would be now."""
        row = self._database.execute("SELECT version FROM reading WHERE name = ?", (ecosystem,)).fetchone()
        return bool(self.settled(ecosystem).listed) and (row is None or row[0] != READING)

    def put(self, ecosystem: str, advisory: Advisory, modified: str) -> None:
        """Takes an advisory from an ecosystem's source, in the place of an earlier state of it.

        `modified` is when it was changed, by that source's list unless this is an older state than is listed. Nothing
        is kept of one that is withdrawn, but that there is such a one.
        """
        self._database.execute(
            "INSERT OR REPLACE INTO source VALUES (?, ?, ?)", (ecosystem, advisory.id, modified)
        )
        if self._fresh is None or advisory.id in self._fresh:  # else it cannot be there
            self._remove(advisory.id)
        else:
            self._fresh.add(advisory.id)
        if advisory.withdrawn or not advisory.affected:
            return
        packages = tuple(advisory.affected)
        self._touched.update(name for name, _ in packages)
        body = Body(advisory.id, advisory.severity, advisory.summary, advisory.aliases, advisory.references)
        number = self._database.execute(
            "INSERT INTO advisory (id, packages, body) VALUES (?, ?, ?)",
            (advisory.id, _pack(packages), _pack(body)),
        ).lastrowid
        self._database.executemany(
            "INSERT INTO package VALUES (?, ?, ?, ?)",
            [(*package, number, _pack(affected)) for package, affected in advisory.affected.items()],
        )

    def drop(self, ecosystem: str, identity: str) -> None:
        """Forgets an advisory that an ecosystem's source has no more; it stays while another one has it."""
        self._database.execute("DELETE FROM source WHERE ecosystem = ? AND id = ?", (ecosystem, identity))
        if not self._database.execute("SELECT 1 FROM source WHERE id = ? LIMIT 1", (identity,)).fetchone():
            self._remove(identity)

    def _remove(self, identity: str) -> None:
        row = self._database.execute("SELECT n, packages FROM advisory WHERE id = ?", (identity,)).fetchone()
        if row is None:
            return
        packages = msgspec.msgpack.decode(row[1], type=tuple[tuple[str, str], ...])
        self._touched.update(name for name, _ in packages)
        self._database.executemany(
            "DELETE FROM package WHERE ecosystem = ? AND name = ? AND n = ?",
            [(*each, row[0]) for each in packages],
        )
        self._database.execute("DELETE FROM advisory WHERE n = ?", (row[0],))

    def settle(self, ecosystem: str, settled: Settled) -> None:
        """Notes how far the ecosystem was followed."""
        self._touched.add(ecosystem)
        self._database.execute(
            "INSERT INTO ecosystem VALUES (?, ?, 0, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " at = excluded.at, modified = excluded.modified, listed = excluded.listed, etag = excluded.etag",
            (ecosystem, settled.at, settled.modified, settled.listed, settled.etag),
        )
        if settled.listed:
            self._database.execute("INSERT OR REPLACE INTO reading VALUES (?, ?)", (ecosystem, READING))

    def scored(self, scores: Iterable[tuple[str, float]]) -> int:
        """Takes how likely exploits are (CVE, 0 to 1), in the place of all that was known; returns how many."""
        self._database.execute("UPDATE exploit SET epss = ?", (UNKNOWN_EPSS,))
        done = self._database.executemany(
            "INSERT INTO exploit VALUES (?, ?, 0) ON CONFLICT (cve) DO UPDATE SET epss = excluded.epss",
            scores,
        )
        self._database.execute("DELETE FROM exploit WHERE epss < 0 AND NOT kev")
        return done.rowcount

    def exploited(self, cves: Iterable[str]) -> int:
        """Takes which are known to be exploited, in the place of all that was known; returns how many."""
        self._database.execute("UPDATE exploit SET kev = 0 WHERE kev")
        done = self._database.executemany(
            f"INSERT INTO exploit VALUES (?, {UNKNOWN_EPSS}, 1) ON CONFLICT (cve) DO UPDATE SET kev = 1",  # noqa: S608  # a number of ours
            ((cve,) for cve in cves),
        )
        self._database.execute("DELETE FROM exploit WHERE epss < 0 AND NOT kev")
        return done.rowcount

    def fed(self, name: str, at: str, entries: int, etag: str) -> None:
        """Notes when a feed was taken."""
        self._database.execute("INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?)", (name, at, entries, etag))

    def fed_again(self, name: str, at: str) -> None:
        """Notes when a feed was asked for that had not changed."""
        self._database.execute("UPDATE feed SET at = ? WHERE name = ?", (at, name))

    def feed_etag(self, name: str) -> str:
        """What the feed was called by its server when it was taken; empty if it never was."""
        row = self._database.execute("SELECT etag FROM feed WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def asked_for(self, ecosystems: Iterable[str]) -> None:
        """Notes that somebody had these fetched from their source; what was taken from files is not fetched."""
        self._database.execute(ASKED)
        self._database.executemany("INSERT OR IGNORE INTO asked VALUES (?)", ((name,) for name in ecosystems))

    def commit(self) -> int:
        """Puts the index in the place of the one that was there; returns its number of advisories."""
        for ecosystem in self._touched:
            self._database.execute(
                "UPDATE ecosystem SET advisories = (SELECT COUNT(DISTINCT n) FROM package WHERE ecosystem = ?)"
                " WHERE name = ?",
                (ecosystem, ecosystem),
            )
        count: int = self._database.execute("SELECT COUNT(*) FROM advisory").fetchone()[0]
        self._database.execute("COMMIT")
        self._database.close()
        self._file.chmod(0o600)
        descriptor = os.open(self._file, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # else a machine that stops may be left with a name and no content
        finally:
            os.close(descriptor)
        self._file.replace(self._target)
        return count


def _usable(file: Path) -> bool:
    try:
        Index(file).close()
    except Unusable:
        return False
    return True


_pack = msgspec.msgpack.encode
