"""Commit and tag objects, taken apart. Format: gitformat-commit(5) as `git cat-file` prints it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_IDENTITY = re.compile(
    rb"(?P<name>.*?) ?<(?P<email>[^>]*)> ?(?P<time>-?\d{1,18})? ?(?P<zone>[+-]\d{4})?.*", re.DOTALL
)
_SIGNATURES = ("gpgsig", "gpgsig-sha256")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who wrote or committed, as recorded; nobody checked it."""

    name: str
    email: str
    at: datetime
    """With the recorded offset."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit object."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: Identity
    committer: Identity
    message: str
    signature: str | None
    """The armoured signature, if there is one; it is not verified."""
    payload: str | None
    """What the signature is about; None when there is none."""


@dataclass(frozen=True, slots=True)
class Tag:
    """An annotated tag object."""

    oid: str
    object_oid: str
    object_kind: str
    name: str
    tagger: Identity | None
    message: str


def parse_commit(oid: str, data: bytes) -> Commit:
    """The commit with these bytes. Unreadable parts become empty: an old or odd commit must not hide a history."""
    headers, message = _split(data)
    encoding = _first(headers, "encoding") or "utf-8"
    signature = next((value for name in _SIGNATURES if (value := _first(headers, name)) is not None), None)
    return Commit(
        oid=oid,
        tree=_first(headers, "tree") or "",
        parents=tuple(_text(value) for name, value in headers if name == "parent"),
        author=parse_identity(_raw(headers, "author"), encoding),
        committer=parse_identity(_raw(headers, "committer"), encoding),
        message=_text(message, encoding),
        signature=signature,
        payload=_text(_unsigned(data)) if signature is not None else None,
    )


def parse_tag(oid: str, data: bytes) -> Tag:
    """The annotated tag with these bytes."""
    headers, message = _split(data)
    tagger = _raw(headers, "tagger")
    return Tag(
        oid,
        _first(headers, "object") or "",
        _first(headers, "type") or "",
        _first(headers, "tag") or "",
        parse_identity(tagger) if tagger else None,
        _text(message),
    )


def parse_identity(line: bytes, encoding: str = "utf-8") -> Identity:
    """`Name <email> seconds +hhmm`, as far as it can be read; the epoch where no time can."""
    match = _IDENTITY.fullmatch(line)
    if match is None:
        return Identity(_text(line, encoding), "", datetime.fromtimestamp(0, UTC))
    return Identity(
        _text(match["name"], encoding),
        _text(match["email"], encoding),
        _moment(int(match["time"] or 0), match["zone"] or b"+0000"),
    )


def _moment(seconds: int, zone: bytes) -> datetime:
    try:
        minutes = int(zone[1:3]) * 60 + int(zone[3:5])
        offset = timezone(timedelta(minutes=-minutes if zone[:1] == b"-" else minutes))
        return datetime.fromtimestamp(seconds, offset)
    except (ValueError, OverflowError, OSError):  # a year or an offset that no calendar has
        return datetime.fromtimestamp(0, UTC)


def _split(data: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    head, _, message = data.partition(b"\n\n")
    headers: list[tuple[str, bytes]] = []
    for line in head.split(b"\n"):
        if line.startswith(b" ") and headers:
            headers[-1] = (headers[-1][0], headers[-1][1] + b"\n" + line[1:])
        else:
            name, _, value = line.partition(b" ")
            headers.append((name.decode("ascii", "replace"), value))
    return headers, message


def _unsigned(data: bytes) -> bytes:
    head, separator, message = data.partition(b"\n\n")
    kept: list[bytes] = []
    skipping = False
    for line in head.split(b"\n"):
        if not line.startswith(b" "):
            skipping = line.split(b" ", 1)[0].decode("ascii", "replace") in _SIGNATURES
        if not skipping:
            kept.append(line)
    return b"\n".join(kept) + separator + message


def _raw(headers: list[tuple[str, bytes]], wanted: str) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")


def _first(headers: list[tuple[str, bytes]], wanted: str) -> str | None:
    return next((_text(value) for name, value in headers if name == wanted), None)


def _text(data: bytes, encoding: str = "utf-8") -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(encoding, "replace")
    except LookupError:  # an encoding that Python does not know
        return data.decode("utf-8", "replace")
