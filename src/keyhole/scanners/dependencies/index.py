"""Advisories in one SQLite file, for looking up by package: written whole or not at all, read without locks.

One file per state: a new one is made beside the old (`draft`) and put in its place, so that a scan that reads never
sees half. Many packages are looked up at once, and what is said about a matter is read only where it was met.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

FORMAT = 2
"""Raised when the tables change; a file of another format has to be made anew."""
TABLES = """
CREATE TABLE advisory (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, packages BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE package (ecosystem TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, affected BLOB NOT NULL,
    PRIMARY KEY (ecosystem, name, n)) WITHOUT ROWID;
CREATE TABLE source (ecosystem TEXT NOT NULL, id TEXT NOT NULL, modified TEXT NOT NULL,
    PRIMARY KEY (ecosystem, id)) WITHOUT ROWID;
CREATE TABLE ecosystem (name TEXT PRIMARY KEY, at TEXT NOT NULL, advisories INTEGER NOT NULL, modified TEXT NOT NULL,
    listed TEXT NOT NULL, etag TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE exploit (cve TEXT PRIMARY KEY, epss REAL NOT NULL, kev INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE feed (name TEXT PRIMARY KEY, at TEXT NOT NULL, entries INTEGER NOT NULL, etag TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE made (format INTEGER NOT NULL);
"""
ASKED = "CREATE TABLE IF NOT EXISTS asked (name TEXT PRIMARY KEY) WITHOUT ROWID"
"""Apart from the others, so that an index made before it was there stays of use."""
READING = 1
"""Raised by hand when what is taken from the same sources would be other than it was: what an earlier version took of
an ecosystem is taken anew once, and of use until then."""
READ = "CREATE TABLE IF NOT EXISTS reading (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID"
"""By which version's reading each ecosystem was taken; apart from the others, as is `ASKED`."""
UNKNOWN_EPSS = -1.0
KEV = "KEV"
"""Name of the feed of what CISA knows to be exploited."""


class Unusable(Exception):
    """The file is not an index that this version reads; the message is the reason, for people."""


class Span(msgspec.Struct, array_like=True, frozen=True):
    """A range of versions."""

    introduced: str
    """Empty: from the beginning. It may be a text that has no place among versions."""
    fixed: str
    last: str
    """The last version affected, where no fixed one is named; with both empty, it goes on to the end."""


class Affected(msgspec.Struct, array_like=True, frozen=True):
    """What an advisory affects of one package."""

    spans: tuple[Span, ...]
    versions: str
    """Versions named one by one besides, each with a line break before and after it."""


class Body(msgspec.Struct, array_like=True, frozen=True):
    """What an advisory says, in text that is escaped already."""

    id: str
    severity: str
    summary: str
    aliases: tuple[str, ...]
    references: tuple[str, ...]


class Coverage(NamedTuple):
    """What an index knows of one ecosystem."""

    ecosystem: str
    at: str
    """When it was last asked for, RFC 3339."""
    advisories: int
    modified: str
    """When the newest advisory was last changed, RFC 3339."""


class Feed(NamedTuple):
    """What an index knows of how vulnerabilities are exploited, from one source."""

    name: str
    at: str
    """When it was last asked for, RFC 3339."""
    entries: int


class Index:
    """An index to look things up in."""

    def __init__(self, file: Path) -> None:
        """Unusable when there is no such file, or it is none of this format."""
        try:
            self._database = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            self._database.execute("PRAGMA mmap_size=1073741824")
            found = self._database.execute("SELECT format FROM made").fetchone()
        except sqlite3.OperationalError as problem:
            if "no such column" in str(problem):
                raise Unusable(_OTHER) from None
            raise Unusable(_NONE) from None
        except sqlite3.Error:
            raise Unusable(_NONE) from None
        if found is None or found[0] != FORMAT:
            raise Unusable(_OTHER)
        self._affected = msgspec.msgpack.Decoder(Affected)
        self._body = msgspec.msgpack.Decoder(Body)

    def coverage(self) -> dict[str, Coverage]:
        """What it knows, by ecosystem; one without any advisory is none that anything was compared with."""
        rows = self._database.execute(
            "SELECT name, at, advisories, modified FROM ecosystem WHERE at != '' AND advisories > 0 ORDER BY name"
        )
        return {row[0]: Coverage(*row) for row in rows}

    def feeds(self) -> tuple[Feed, ...]:
        """The sources of what is known about exploits."""
        return tuple(
            Feed(*row) for row in self._database.execute("SELECT name, at, entries FROM feed ORDER BY name")
        )

    def asked(self) -> tuple[str, ...]:
        """The ecosystems that somebody had fetched from their source."""
        try:
            return tuple(name for (name,) in self._database.execute("SELECT name FROM asked ORDER BY name"))
        except sqlite3.OperationalError:
            return ()

    def affected(self, ecosystem: str, names: Iterable[str]) -> Iterator[tuple[str, int, Affected]]:
        """Name, number of the advisory, and what it affects, for all of these names in their normal spelling."""
        rows = self._database.execute(
            "SELECT package.name, n, affected FROM json_each(?) AS wanted"
            " CROSS JOIN package ON package.ecosystem = ? AND package.name = wanted.value",
            (_list(names), ecosystem),
        )
        for name, number, affected in rows:
            yield name, number, self._affected.decode(affected)

    def bodies(self, numbers: Iterable[int]) -> dict[int, Body]:
        """What these advisories say."""
        rows = self._database.execute(
            "SELECT n, body FROM json_each(?) AS wanted CROSS JOIN advisory ON n = wanted.value",
            (_list(numbers),),
        )
        return {number: self._body.decode(body) for number, body in rows}

    def exploits(self, ids: Iterable[str]) -> dict[str, tuple[float, bool]]:
        """How likely each of these is exploited within a month (0 to 1, -1 unknown), and whether it was seen to be."""
        rows = self._database.execute(
            "SELECT cve, epss, kev FROM json_each(?) AS wanted CROSS JOIN exploit ON cve = wanted.value",
            (_list(ids),),
        )
        return {cve: (epss, bool(kev)) for cve, epss, kev in rows}

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


_NONE = "there are no advisories yet"
_OTHER = "the advisories are in the form of another version of Keyhole"


def _list(values: Iterable[object]) -> str:
    # What is no valid text is no name in the index either.
    return json.dumps(list(values), ensure_ascii=False).encode("utf-8", "replace").decode()
