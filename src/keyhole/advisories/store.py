"""Where the index of advisories is, what it holds, and bringing it up to date from OSV, FIRST and CISA.

A new index is made beside the old and put in its place whole, so that scans never wait and never see half.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path

from django.conf import settings

from keyhole.advisories import archive, feeds, remote
from keyhole.advisories.following import Source, stamp
from keyhole.core.errors import Conflict, InvalidInput, KeyholeError, Unavailable
from keyhole.scanners.dependencies.draft import Draft, Settled
from keyhole.scanners.dependencies.index import KEV, Coverage, Feed, Index, Unusable
from keyhole.scanners.dependencies.versions import orders, spelled

_ZIP = b"PK"
_REPORT_EVERY = 5000
_DAMAGED = "the index of advisories is damaged"
_FIRST = 100
"""Advisories by which an archive is known; one about two ecosystems alone would not tell."""

OnProgress = Callable[[str, int], None]
"""Called with the name of a source and the number of its advisories so far."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What there is."""

    at: str
    """When the ecosystem that was not asked for the longest was; RFC 3339, empty when there is nothing."""
    reason: str
    """Why there is nothing, for people."""
    ecosystems: tuple[Coverage, ...]
    feeds: tuple[Feed, ...]
    asked: tuple[str, ...] = ()
    """The ecosystems that somebody had fetched, rather than taken in from files."""


def database() -> Path:
    """The file of the index, whether or not there is one."""
    return Path(settings.KEYHOLE_DATA) / "advisories.sqlite3"


def holding() -> Holding:
    """What scans are compared with."""
    try:
        index = Index(database())
    except Unusable as problem:
        return Holding("", str(problem), (), ())
    asked: tuple[str, ...] = ()
    try:
        asked = index.asked()
        known = tuple(index.coverage().values())
        reason = "" if known else "there are no advisories yet"
        return Holding(min((each.at for each in known), default=""), reason, known, index.feeds(), asked)
    except sqlite3.DatabaseError:
        return Holding("", _DAMAGED, (), (), asked)
    finally:
        index.close()


def take_in(files: Sequence[Path], on_progress: OnProgress) -> int:
    """Takes files on this machine: archives of ecosystems, EPSS's list, the KEV catalog, each known by its content.

    What was there before of those ecosystems and feeds is replaced; the rest stays. Returns the number of advisories.
    InvalidInput, naming the file, when one is not what its publisher has; everything stays as it was then.
    """
    with _alone(), Draft(database()) as draft:
        for file in files:
            with file.open("rb") as opened:
                beginning = opened.read(64)
            at = _fetched_at(file)
            if beginning.startswith(_ZIP) or not feeds.kind_of(beginning):
                _take_archive(draft, file, at, on_progress)
            else:
                if file.stat().st_size > feeds.LARGEST:
                    raise InvalidInput(f"{file.name} is larger than any feed.")
                _take_feed(draft, feeds.kind_of(beginning), file.name, file.read_bytes(), at, "")
        return draft.commit()


def sync(ecosystems: Sequence[str], on_progress: OnProgress, *, remember: bool = True) -> int:
    """Brings these ecosystems up to date, all that Keyhole orders if none is named, and what is known of exploits.

    Returns the number of advisories. InvalidInput for an ecosystem that is none. Unavailable when something could not
    be fetched, after everything else was put in place; what was fetched in part is gone on with the next time.
    With `remember`, all of them count as asked for once one was fetched, so that the others are tried again.
    """
    names = tuple(dict.fromkeys(map(spelled, ecosystems))) or tuple(sorted(orders()))
    if unknown := sorted(set(names) - set(orders())):
        raise InvalidInput(
            f"There is no ecosystem {unknown[0]!r} here.", hint=f"There are: {', '.join(sorted(orders()))}."
        )
    now = datetime.now(UTC)
    failed: list[KeyholeError] = []
    with _alone(), Draft(database()) as draft:
        parts = database().with_name("advisories.parts")
        parts.mkdir(mode=0o700, exist_ok=True)
        done = []
        for source in (Source(settings.KEYHOLE_ADVISORIES_URL, name, parts) for name in names):
            try:
                on_progress(source.ecosystem, source.follow(draft, now))
                done.append(source)
            except KeyholeError as problem:
                failed.append(problem)
        for name, address in _feeds():
            try:
                _fetch_feed(draft, name, address, stamp(now))
            except KeyholeError as problem:
                failed.append(problem)
        if remember and done:
            draft.asked_for(names)
        count = draft.commit()
        for source in done:
            source.clear()
    if failed:
        first = failed[0]
        more = f" And {len(failed) - 1} more could not be fetched." if failed[1:] else ""
        sources = len(names) + len(_feeds())
        rest = "What else there is was taken." if len(failed) < sources else "Nothing was taken."
        raise Unavailable(f"{first.message}{more} {rest}", hint=first.hint)
    return count


def _feeds() -> list[tuple[str, str]]:
    named = [(feeds.EPSS, settings.KEYHOLE_EPSS_URL), (KEV, settings.KEYHOLE_KEV_URL)]
    return [(name, address) for name, address in named if address]


def _fetch_feed(draft: Draft, name: str, address: str, at: str) -> None:
    got = remote.piece(address, 0, feeds.LARGEST, unless=draft.feed_etag(name))
    if got is None:
        draft.fed_again(name, at)
    elif got.total != len(got.body):
        raise Unavailable(f"{address} is larger than any feed.")
    else:
        _take_feed(draft, name, address, got.body, at, got.etag)


def _take_feed(draft: Draft, name: str, shown: str, content: bytes, at: str, etag: str) -> None:
    if name == feeds.EPSS:
        number = draft.scored(feeds.scores(shown, content))
    else:
        number = draft.exploited(feeds.exploited(shown, content))
    draft.fed(name, at, number, etag)


def _take_archive(draft: Draft, file: Path, at: str, on_progress: OnProgress) -> None:
    """The ecosystem that all of its advisories are about is the one whose archive it is."""
    newest, number = "", 0
    there: set[str] = set()
    with file.open("rb") as opened:
        advisories = archive.records(file.name, opened)
        first = list(islice(advisories, _FIRST))
        named = [{ecosystem for ecosystem, _ in advisory.affected} for advisory in first if advisory.affected]
        common = set.intersection(*named) if named else set()
        for number, advisory in enumerate(chain(first, advisories), 1):
            if not common or (advisory.affected and not common <= {name for name, _ in advisory.affected}):
                raise InvalidInput(
                    f"{file.name} is not the archive of one ecosystem that packages are compared for.",
                    hint=f"Give the all.zip of one of these: {', '.join(sorted(orders()))}.",
                )
            for ecosystem in common:
                draft.put(ecosystem, advisory, advisory.modified)
            newest = max(newest, advisory.modified)
            there.add(advisory.id)
            if number % _REPORT_EVERY == 0:
                on_progress(file.name, number)
    if not number:
        raise InvalidInput(f"{file.name} holds no advisory.")
    for ecosystem in common:
        for gone in draft.known(ecosystem).keys() - there:
            draft.drop(ecosystem, gone)
        draft.settle(ecosystem, Settled(at, newest, at, ""))
    on_progress(file.name, number)


def _fetched_at(file: Path) -> str:
    """A file is not newer than its own time, whenever it is taken in."""
    return stamp(min(datetime.fromtimestamp(file.stat().st_mtime, UTC), datetime.now(UTC)))


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time changes the index. Conflict when another one does."""
    descriptor = os.open(
        database().with_name(".advisories.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "Advisories are being fetched or taken in by another process.", hint="Wait until it is done."
            ) from None
        yield
    except sqlite3.DatabaseError as problem:
        if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        raise Unavailable(
            f"{_DAMAGED.capitalize()}.", hint=f"Delete {database()}, then fetch advisories again."
        ) from None
    finally:
        os.close(descriptor)
