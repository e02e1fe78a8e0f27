"""Files of a server that may be large: in ranges, so that what broke off goes on where it was.

A server that knows no ranges gives all at once, which is taken as well. Redirects are followed a few times, never away
from TLS, each to an address that is checked as the first one was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from keyhole.core.errors import NotFound, Unavailable
from keyhole.providers.outgoing import Reply, configured

LARGEST = 2 << 30
"""Bytes of one file."""
_CHUNK = 8 << 20
"""Bytes that are fetched at a time: what a break costs, while asking anew for each costs a connection."""
_LIST_CHUNK = 256 << 10
_SECONDS = 600.0
_REDIRECTS = 3
_RESTARTS = 4
_MOVED = frozenset({301, 302, 303, 307, 308})
_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
_HINT = "Try again later; KEYHOLE_ADVISORIES_URL names where advisories are fetched from."


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of a file."""

    body: bytes
    at: int
    """Offset of its first byte."""
    total: int
    """Bytes of the whole file."""
    etag: str


def piece(address: str, at: int, size: int, etag: str = "", *, unless: str = "") -> Piece | None:
    """The bytes from `at` on, or all of the file; None when it is still the one called `unless`.

    With `etag`, from the file of that name; all of the newer file when there is one. NotFound when there is no such
    file, Unavailable when there is no answer that can be used.
    """
    headers = {"Range": f"bytes={at}-{at + size - 1}"}
    if etag:
        headers["If-Range"] = etag
    if unless:
        headers["If-None-Match"] = unless
    reply = _followed(address, headers)
    name = reply.headers.get("ETag")
    if reply.status == 304:
        return None
    if reply.status == 200:
        return Piece(reply.body, 0, len(reply.body), name)
    if reply.status == 404:
        raise NotFound(f"{address} is not there.", hint=_HINT)
    match = _RANGE.fullmatch(reply.headers.get("Content-Range")) if reply.status == 206 else None
    if match is None or int(match[1]) != at or len(reply.body) != int(match[2]) + 1 - at or not reply.body:
        raise Unavailable(f"{address} answered {reply.status}.", hint=_HINT)
    return Piece(reply.body, at, int(match[3]), name)


def _followed(address: str, headers: dict[str, str]) -> Reply:
    client = configured(largest=LARGEST, timeout=_SECONDS)
    for _ in range(_REDIRECTS):
        reply = client.request("GET", address, headers=headers)
        to = reply.headers.get("Location")
        if reply.status not in _MOVED or not to:
            return reply
        onward = urljoin(address, to)
        if address.startswith("https:") and not onward.startswith("https:"):
            raise Unavailable(f"{address} leads away from TLS.", hint=_HINT)
        address = onward
    raise Unavailable(f"{address} leads on and on.", hint=_HINT)


def download(address: str, file: Path) -> None:
    """Fetches a file, going on with what an earlier attempt left at this place.

    Beside it, with the suffix `.from`, is noted of which state of the file that is.
    """
    note = file.with_name(f"{file.name}.from")
    etag = _noted(note) if file.exists() else ""
    at = file.stat().st_size if etag else 0
    with file.open("r+b" if at else "wb") as out:
        total, restarts = -1, 0
        while at != total:
            got = _next(address, at, etag)
            if got.total > LARGEST:
                raise Unavailable(f"{address} is larger than what is read.")
            if got.at == 0 or got.etag != etag:
                restarts += 1
                if restarts > _RESTARTS:
                    raise Unavailable(f"{address} changed while it was read.", hint="Try again.")
                if got.at:  # a mixture of two states is of no use
                    at, etag = 0, ""
                    continue
                out.seek(0)
                out.truncate()
                etag = got.etag
                note.write_text(json.dumps(etag))
            if got.at + len(got.body) <= at < got.total:
                raise Unavailable(f"{address} gives nothing of what is left.", hint="Try again.")
            out.seek(got.at)
            out.write(got.body)
            out.flush()
            at, total = got.at + len(got.body), got.total


def _next(address: str, at: int, etag: str) -> Piece:
    # One byte before the end again: of a file that was whole already there is nothing to ask for.
    start = max(at - 1, 0)
    got = piece(address, start, _CHUNK, etag if start else "")
    assert got is not None  # noqa: S101  # nothing was said to be known
    return got


def _noted(note: Path) -> str:
    try:
        found = json.loads(note.read_text())
    except (OSError, ValueError):
        return ""
    return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A text file, of which no more is fetched than is looked at."""

    etag: str
    lines: Iterator[str]
    """Unavailable when the file changes meanwhile."""


def listing(address: str, *, unless: str = "") -> Listing | None:
    """The lines of a file; None when it is still the one called `unless`. NotFound when there is no such file."""
    first = piece(address, 0, _LIST_CHUNK, unless=unless)
    return None if first is None else Listing(first.etag, _lines(address, first))


def _lines(address: str, got: Piece) -> Iterator[str]:
    rest, size, etag = b"", _LIST_CHUNK, got.etag
    while True:
        *whole, rest = (rest + got.body).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")
        at = got.at + len(got.body)
        if at >= got.total:
            break
        size = min(size * 2, _CHUNK)
        onward = piece(address, at, size, etag)
        if onward is None or onward.at != at or onward.etag != etag or onward.total > LARGEST:
            raise Unavailable(f"{address} changed while it was read.", hint="Try again.")
        got = onward
    if rest:
        yield rest.decode("utf-8", "replace")
