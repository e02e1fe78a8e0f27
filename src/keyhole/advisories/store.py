"""Where the index of advisories is, what it holds, and making it anew from OSV's archives.

Archives: https://google.github.io/osv.dev/data/#data-dumps. Members are read in memory and never unpacked to disk.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.conf import settings

from keyhole.core.errors import InvalidInput, Unavailable
from keyhole.providers.outgoing import configured
from keyhole.scanners.dependencies.index import Coverage, Index, Unusable, build
from keyhole.scanners.dependencies.osv import Advisory, parse
from keyhole.scanners.dependencies.package import Malformed
from keyhole.scanners.dependencies.versions import orders

LARGEST_ARCHIVE = 1 << 30
LARGEST_RECORD = 16 << 20
MOST_RECORDS = 2_000_000
"""Limits on what one archive may hold: a bomb is refused, and npm's quarter of a million records are not."""

OnProgress = Callable[[str, int], None]
"""Called with the name of a source and the number of its advisories so far."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What there is."""

    at: str
    """When it was fetched, RFC 3339; empty when there is nothing."""
    reason: str
    """Why there is nothing, for people."""
    ecosystems: tuple[Coverage, ...]


def database() -> Path:
    """The file of the index, whether or not there is one."""
    return Path(settings.KEYHOLE_DATA) / "advisories.sqlite3"


def holding() -> Holding:
    """What scans are compared with."""
    try:
        index = Index(database())
    except Unusable as problem:
        return Holding("", str(problem), ())
    try:
        return Holding(index.at, "", tuple(index.coverage().values()))
    finally:
        index.close()


def take_in(archives: Sequence[Path], on_progress: OnProgress) -> int:
    """Makes the index from archives on this machine, in the place of the one before; returns its number of advisories.

    InvalidInput, naming the archive, when one is not what OSV publishes; the index before stays then.
    """
    return _make(((archive.name, archive.open("rb")) for archive in archives), on_progress)


def sync(ecosystems: Sequence[str], on_progress: OnProgress) -> int:
    """Fetches the archives of these ecosystems, of all that Keyhole orders if none is named, and makes the index.

    InvalidInput for an ecosystem that is none; Unavailable when one cannot be fetched. The index before stays then.
    """
    names = tuple(ecosystems) or tuple(sorted(orders()))
    if unknown := sorted(set(names) - set(orders())):
        raise InvalidInput(
            f"There is no ecosystem {unknown[0]!r} here.", hint=f"There are: {', '.join(sorted(orders()))}."
        )
    return _make(((name, _fetched(name)) for name in names), on_progress)


def _fetched(ecosystem: str) -> IO[bytes]:
    address = f"{settings.KEYHOLE_ADVISORIES_URL}/{ecosystem.replace(' ', '%20')}/all.zip"
    reply = configured(largest=LARGEST_ARCHIVE, timeout=600.0).request("GET", address)
    if reply.status != 200:
        raise Unavailable(
            f"{address} answered {reply.status}.", hint="KEYHOLE_ADVISORIES_URL names where the archives are."
        )
    return io.BytesIO(reply.body)


def _make(sources: Iterator[tuple[str, IO[bytes]]], on_progress: OnProgress) -> int:
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return build(database(), _all(sources, on_progress), at)


def _all(sources: Iterator[tuple[str, IO[bytes]]], on_progress: OnProgress) -> Iterator[Advisory]:
    for name, source in sources:
        with source:
            count = 0
            for count, advisory in enumerate(_records(name, source), 1):
                yield advisory
                if count % 5000 == 0:
                    on_progress(name, count)
            on_progress(name, count)


def _records(name: str, source: IO[bytes]) -> Iterator[Advisory]:
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".json")]
            if len(members) > MOST_RECORDS or any(member.file_size > LARGEST_RECORD for member in members):
                raise InvalidInput(f"{name} holds more than an archive of advisories does.")
            for member in members:
                with archive.open(member) as file:
                    content = file.read(LARGEST_RECORD + 1)
                if len(content) > LARGEST_RECORD:
                    raise InvalidInput(f"{name} holds more than it says.")
                yield parse(content)
    except Malformed as problem:
        raise InvalidInput(f"{name} holds something that is no advisory: {problem}.") from problem
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as problem:
        raise InvalidInput(
            f"{name} is not an archive of advisories.",
            hint="Give the all.zip of an ecosystem, as OSV publishes it.",
        ) from problem
