"""Brings one ecosystem up to date with its source, at a cost that depends on what changed there.

`modified_id.csv` names every advisory with the time of its last change, newest first. Few changes are fetched one by
one, many with the archive of all. Every now and then the whole list is read, so that what was deleted goes away; and
what an earlier version took is taken anew with the archive, as that one may have read it otherwise. What the source has
only in an older state than its list names is asked for again the next time.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from urllib.parse import quote

from keyhole.advisories import archive, remote
from keyhole.advisories.changes import Changes
from keyhole.core.errors import NotFound, Unavailable
from keyhole.scanners.dependencies.draft import Draft, Settled
from keyhole.scanners.dependencies.osv import Advisory, instant, parse
from keyhole.scanners.dependencies.package import Malformed

log = logging.getLogger("keyhole.advisories")

MANY = 1000
"""Changes from which on the archive of everything is the faster way; no more are fetched one by one at a time."""
WHOLE_EVERY = timedelta(days=7)
_AT_ONCE = 8
_ROW = re.compile(r"([^,\s]{1,40}),(?:[^,]*/)?([A-Za-z0-9][\w.:-]{0,200})")

Change = tuple[str, str]
"""Id of an advisory, and when it was changed; empty if its source does not know."""


class Source:
    """Where the advisories of one ecosystem are kept."""

    def __init__(self, base: str, ecosystem: str, folder: Path) -> None:
        """`folder` is where what is being fetched is kept."""
        self.ecosystem = ecosystem
        self._base = f"{base}/{quote(ecosystem)}"
        self._part = folder / f"{quote(ecosystem)}.zip"

    def follow(self, draft: Draft, now: datetime) -> int:
        """Takes all changes into the draft; returns how many advisories were read.

        Unavailable when the source cannot be asked, InvalidInput when it has no archive of advisories. The draft then
        has what came before that; each advisory in it is right, and the ecosystem is as old as it was.
        """
        before = draft.settled(self.ecosystem)
        anew = not before.listed or draft.is_read_otherwise(self.ecosystem)
        whole = anew or datetime.fromisoformat(before.listed) + WHOLE_EVERY <= now
        try:
            listing = remote.listing(f"{self._base}/modified_id.csv", unless="" if whole else before.etag)
        except NotFound:  # a mirror may have the archives alone
            return self._replace(draft, now)
        if listing is None:
            draft.settle(self.ecosystem, replace(before, at=stamp(now)))
            return 0
        rows = _rows(listing.lines)
        listed = dict(rows if whole else _newer(rows, before.modified))
        if whole and not listed:
            raise Unavailable(f"The list of {self.ecosystem}'s advisories is empty.")
        for gone in draft.known(self.ecosystem).keys() - listed.keys() if whole else ():
            draft.drop(self.ecosystem, gone)
        changes = Changes.of(draft, self.ecosystem, listed, whole=whole, anew=bool(before.listed) and anew)
        number = len(changes.left)
        self._take(changes, first=anew)
        late = changes.left
        if len(late) > MANY:
            log.warning(
                "%d advisories of %s are older at their source than in its list; they are asked for again",
                len(late),
                self.ecosystem,
            )
        newest = max((before.modified, *listed.values()))
        at = stamp(now)
        # Next time the list is read down to all that are late, even if it is the same list then.
        reached, etag = min((newest, *late.values())), "" if late else listing.etag
        draft.settle(self.ecosystem, Settled(at, reached, at if whole else before.listed, etag))
        return number - len(late)

    def clear(self) -> None:
        """Removes what was fetched, once it is in."""
        for file in (self._part, self._part.with_name(f"{self._part.name}.from")):
            file.unlink(missing_ok=True)

    def _replace(self, draft: Draft, now: datetime) -> int:
        """Takes the archive, and nothing but what is in it."""
        with self._archive() as file:
            there = archive.ids(self.ecosystem, file)
            for gone in draft.known(self.ecosystem).keys() - there:
                draft.drop(self.ecosystem, gone)
            newest = ""
            for advisory in archive.records(self.ecosystem, file):
                draft.put(self.ecosystem, advisory, advisory.modified)
                newest = max(newest, advisory.modified)
        draft.settle(self.ecosystem, Settled(stamp(now), newest, stamp(now), ""))
        return len(there)

    def _take(self, changes: Changes, *, first: bool) -> None:
        """What was put into the draft before something failed is known next time, and not fetched again.

        Those left at the end are late. The archive is not fetched for their sake, until the whole list is read again.
        """
        archived = first or len(changes.missing) > MANY
        if archived:
            self._take_archived(changes)
        if len(changes.missing) > MANY:
            raise Unavailable(
                f"The archive of {self.ecosystem} lacks {len(changes.missing):,} advisories that its list names."
            )
        asked = changes.next(MANY)
        for identity, single in zip(asked, self._single(asked), strict=True):
            if single is not None:
                changes.take(identity, single)
        if changes.missing and not archived:  # a mirror may have lists and archives alone
            self._take_archived(changes)
        for gone in changes.missing:
            changes.draft.drop(self.ecosystem, gone)
            del changes.left[gone]

    def _take_archived(self, changes: Changes) -> None:
        with self._archive() as file:
            for advisory in archive.records(self.ecosystem, file, frozenset(changes.left).__contains__):
                changes.take(advisory.id, advisory)

    def _archive(self) -> IO[bytes]:
        remote.download(f"{self._base}/all.zip", self._part)
        return self._part.open("rb")

    def _single(self, identities: Iterable[str]) -> Iterator[Advisory | None]:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            try:
                yield from threads.map(self._fetched, identities)
            finally:
                threads.shutdown(cancel_futures=True)

    def _fetched(self, identity: str) -> Advisory | None:
        """The advisory; None when it is not there any more."""
        address = f"{self._base}/{quote(identity)}.json"
        try:
            got = remote.piece(address, 0, archive.LARGEST_RECORD)
        except NotFound:
            return None
        if got is None or got.total != len(got.body):
            raise Unavailable(f"{address} is larger than an advisory is.")
        try:
            return parse(got.body)
        except Malformed as problem:
            raise Unavailable(f"{address} holds no advisory: {problem}.") from problem


def _rows(lines: Iterable[str]) -> Iterator[Change]:
    for line in lines:
        match = _ROW.fullmatch(line.strip())
        if match:
            yield match[2], instant(match[1])


def _newer(rows: Iterable[Change], than: str) -> Iterator[Change]:
    """The rows down to the first that is older than what is known; some of the same moment may not be known yet."""
    for identity, at in rows:
        if at and at < than:
            return
        yield identity, at


def stamp(now: datetime) -> str:
    """The time as it is kept, RFC 3339."""
    return now.isoformat(timespec="seconds").replace("+00:00", "Z")
