"""Advisories in one SQLite file, for looking up by package: written whole or not at all, read without locks.

One file per state: a new one is written beside the old and put in its place, so that a scan that reads never sees half.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from keyhole.scanners.dependencies.osv import Advisory, Span

FORMAT = 1
"""Raised when the tables change; a file of another format has to be made anew."""
_TABLES = """
CREATE TABLE advisory (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, severity TEXT NOT NULL, summary TEXT NOT NULL,
    aliases BLOB NOT NULL, refs BLOB NOT NULL);
CREATE TABLE package (ecosystem TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, part INTEGER NOT NULL,
    affected BLOB NOT NULL, PRIMARY KEY (ecosystem, name, n, part)) WITHOUT ROWID;
CREATE TABLE ecosystem (name TEXT PRIMARY KEY, advisories INTEGER NOT NULL, modified TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE made (at TEXT NOT NULL, format INTEGER NOT NULL);
"""
_MOST_REFERENCES = 10


class Unusable(Exception):
    """The file is not an index that this version reads; the message is the reason, for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one advisory says of one package."""

    id: str
    severity: str
    summary: str
    aliases: tuple[str, ...]
    references: tuple[str, ...]
    spans: tuple[Span, ...]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an index knows of one ecosystem."""

    ecosystem: str
    advisories: int
    modified: str
    """When the newest advisory was last changed, RFC 3339."""


def build(target: Path, advisories: Iterable[Advisory], at: str) -> int:
    """Writes a new index in the place of whatever is there; returns how many advisories are in it.

    `at` is when the data was fetched, RFC 3339. Withdrawn advisories are left out, and of two with one id the later.
    """
    draft = target.with_name(f".{target.name}.new")
    draft.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(draft)) as database:
            database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)
            count = _fill(database, advisories)
            database.execute("INSERT INTO made VALUES (?, ?)", (at, FORMAT))
            database.commit()
            database.execute("ANALYZE")
        draft.chmod(0o600)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _fill(database: sqlite3.Connection, advisories: Iterable[Advisory]) -> int:
    pack = msgspec.msgpack.encode
    count = 0
    seen: dict[str, tuple[int, str]] = {}
    for advisory in advisories:
        if advisory.withdrawn or not advisory.affected:
            continue
        row = (advisory.id, advisory.severity, advisory.summary, pack(advisory.aliases))
        added = database.execute(
            "INSERT OR IGNORE INTO advisory (id, severity, summary, aliases, refs) VALUES (?, ?, ?, ?, ?)",
            (*row, pack(advisory.references[:_MOST_REFERENCES])),
        )
        if not added.rowcount:
            continue
        count += 1
        database.executemany(
            "INSERT INTO package VALUES (?, ?, ?, ?, ?)",
            [
                (each.ecosystem, each.name, added.lastrowid, part, pack((each.spans, each.versions)))
                for part, each in enumerate(advisory.affected)
            ],
        )
        for ecosystem in {each.ecosystem for each in advisory.affected}:
            number, newest = seen.get(ecosystem, (0, ""))
            seen[ecosystem] = number + 1, max(newest, advisory.modified)
    database.executemany(
        "INSERT INTO ecosystem VALUES (?, ?, ?)", [(name, *row) for name, row in seen.items()]
    )
    return count


class Index:
    """An index to look things up in."""

    def __init__(self, file: Path) -> None:
        """Unusable when there is no such file, or it is none of this format."""
        try:
            self._database = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            self._database.execute("PRAGMA mmap_size=1073741824")
            row = self._database.execute("SELECT at, format FROM made").fetchone()
        except sqlite3.Error:
            raise Unusable("there are no advisories yet") from None
        if row is None or row[1] != FORMAT:
            raise Unusable("the advisories are in the form of another version of Keyhole")
        self.at: str = row[0]
        """When its data was fetched, RFC 3339."""
        self._read = msgspec.msgpack.Decoder(tuple[tuple[Span, ...], tuple[str, ...]])
        self._words = msgspec.msgpack.Decoder(tuple[str, ...])

    def coverage(self) -> dict[str, Coverage]:
        """What it knows, by ecosystem."""
        rows = self._database.execute("SELECT name, advisories, modified FROM ecosystem ORDER BY name")
        return {row[0]: Coverage(*row) for row in rows}

    def about(self, ecosystem: str, name: str) -> Iterator[tuple[int, tuple[Span, ...], tuple[str, ...]]]:
        """Number, ranges and versions of what is said of a package; `name` in its normal spelling."""
        rows = self._database.execute(
            "SELECT n, affected FROM package WHERE ecosystem = ? AND name = ?", (ecosystem, name)
        )
        for number, affected in rows:
            yield number, *self._read.decode(affected)

    def entry(self, number: int, spans: tuple[Span, ...], versions: tuple[str, ...]) -> Entry:
        """The whole of what was found by `about`."""
        row = self._database.execute(
            "SELECT id, severity, summary, aliases, refs FROM advisory WHERE n = ?", (number,)
        ).fetchone()
        identity, severity, summary, aliases, references = row
        read = self._words.decode
        return Entry(identity, severity, summary, read(aliases), read(references), spans, versions)

    def close(self) -> None:
        """Closes the file."""
        self._database.close()
