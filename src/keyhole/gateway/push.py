"""What a push asks for, before its pack: parsed once, and what was parsed is what is judged and done.

Nothing of the command list ever reaches git: refs are moved from the values below, so there is no second parser
that could read them differently. Source: gitprotocol-pack(5), "Reference Update Request and Packfile Transfer".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keyhole.core.errors import MalformedRequest
from keyhole.gateway.errors import PayloadTooLarge
from keyhole.gateway.http import LIMITS
from keyhole.gateway.pktline import Kind, take

CAPABILITIES = (
    "report-status",
    "report-status-v2",
    "delete-refs",
    "side-band-64k",
    "quiet",
    "atomic",
    "ofs-delta",
)
"""What is announced, and so all that may be asked for besides the format, agent and session id.

Not `push-options` and `push-cert`: nothing here would act on them, and both carry text to places where it has done
harm elsewhere. `atomic` costs nothing: every push is.
"""
_WITH_VALUE = ("object-format", "agent", "session-id")
_DIGITS = {"sha1": 40, "sha256": 64}
_OBJECT_ID = re.compile(r"[0-9a-f]+")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Command:
    """One ref to move. Either id may be all zeros, never both."""

    old: str
    new: str
    ref: str

    @property
    def deletes(self) -> bool:
        """Whether the ref is to go away."""
        return set(self.new) == {"0"}

    @property
    def creates(self) -> bool:
        """Whether the ref is to be new."""
        return set(self.old) == {"0"}


@dataclass(frozen=True, slots=True)
class Push:
    """A command list."""

    commands: tuple[Command, ...]
    """Empty for the probe that git sends before a large push."""
    capabilities: frozenset[str]
    object_format: str

    @property
    def brings_pack(self) -> bool:
        """Whether a pack follows: always, unless refs only go away."""
        return any(not command.deletes for command in self.commands)


class CommandReader:
    """Takes a push apart as it arrives: `feed` until it answers, the rest belongs to the pack."""

    def __init__(self, limit: int = LIMITS.commands) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._lines: list[bytes] = []
        self._limit = limit

    def feed(self, chunk: bytes) -> tuple[Push, bytes] | None:
        """The command list and the first bytes after it, once its flush has arrived; None before.

        Raises MalformedRequest for whatever git would not send, PayloadTooLarge for too much of it.
        """
        self._buffer += chunk
        while (taken := take(self._buffer, self._at)) is not None:
            packet, self._at = taken
            if self._at > self._limit:
                raise PayloadTooLarge("The list of refs is too large.")
            if packet.kind is Kind.FLUSH:
                return parse(self._lines), bytes(self._buffer[self._at :])
            if packet.kind is not Kind.DATA:
                raise MalformedRequest("A list of refs has only lines and one flush.")
            self._lines.append(packet.data)
        if len(self._buffer) > self._limit:
            raise PayloadTooLarge("The list of refs is too large.")
        return None


def parse(lines: list[bytes]) -> Push:
    """The command list in these lines. Raises MalformedRequest, or PayloadTooLarge for more than 2,000 refs."""
    commands: list[Command] = []
    capabilities: frozenset[str] = frozenset()
    object_format = "sha1"
    for line in lines:
        if not commands and line.startswith(b"shallow "):
            # The client's history is cut there; ours is not, and it must connect without the cut.
            _check_shallow(line)
            continue
        text, nul, more = line.partition(b"\0")
        if nul and commands:
            raise MalformedRequest("Capabilities stand on a line that is not the first.")
        if not commands:
            capabilities, object_format = _capabilities(more)
        commands.append(_command(text if nul else text.removesuffix(b"\n"), _DIGITS[object_format]))
    if len(commands) > LIMITS.refs:
        raise PayloadTooLarge(f"A push moves at most {LIMITS.refs} refs.")
    if len({command.ref for command in commands}) != len(commands):
        raise MalformedRequest("A ref is named twice.")
    return Push(tuple(commands), capabilities, object_format)


def _check_shallow(line: bytes) -> None:
    if re.fullmatch(rb"shallow (?:[0-9a-f]{40}|[0-9a-f]{64})\n?", line) is None:
        raise MalformedRequest("A shallow line is not one.")


def _capabilities(raw: bytes) -> tuple[frozenset[str], str]:
    found: set[str] = set()
    object_format = "sha1"
    try:
        words = raw.decode("ascii").removesuffix("\n").split(" ")
    except UnicodeDecodeError:
        raise MalformedRequest("The capabilities are not ASCII.") from None
    for word in filter(None, words):
        name, equals, value = word.partition("=")
        if _UNPRINTABLE.search(word) or not (word in CAPABILITIES or (equals and name in _WITH_VALUE)):
            raise MalformedRequest("A capability was asked for that is not offered.")
        if name == "object-format":
            object_format = value
        found.add(name)
    if object_format not in _DIGITS:
        raise MalformedRequest("The object format is not known.")
    return frozenset(found), object_format


def _command(raw: bytes, digits: int) -> Command:
    try:
        parts = raw.decode("utf-8").split(" ")
    except UnicodeDecodeError:
        raise MalformedRequest("A ref is not UTF-8.") from None
    if len(parts) != 3 or not parts[2] or _UNPRINTABLE.search(parts[2]):
        raise MalformedRequest("A line is not of the form OLD NEW REF.")
    for oid in parts[:2]:
        if len(oid) != digits or _OBJECT_ID.fullmatch(oid) is None:
            raise MalformedRequest("An object id is not one.")
    command = Command(*parts)
    if command.deletes and command.creates:
        raise MalformedRequest("A ref is to be neither created nor deleted nor moved.")
    return command
