"""Takes one assignment apart: which name, which value, and how they are written."""

from __future__ import annotations

import re
from typing import NamedTuple

import re2

from keyhole.scanners.lazily import pattern
from keyhole.scanners.secrets.patterns import ASSIGNS
from keyhole.scanners.secrets.plain.names import Kind, kind

_HEAD = re2.compile(
    rb"([0-9A-Za-z_.-]*(?i:pass[_-]?w|pwd|passphrase|[_-]pass|[_-]pw|secret|key|token|auth|cred|[_-]pat)[0-9A-Za-z_-]*)"
    rb"((?:%b|[ ]))\z" % ASSIGNS.encode()
)
_FLAG = pattern(rb"--?[a-z]")
_QUOTES = b"\"'`"
_LONGEST_HEAD = 150
_UNQUOTED = pattern(rb"[^\s\"'`,;<>(){}\[\]|\\]+")
_WHOLE_LINE = pattern(rb"[^\s\"'`\\]+")
_XML = pattern(rb"[^<>\s]+")
_CONNECTION = pattern(
    rb"(?i)(?:^|[\"';\s])(?:server|data source|host|hostname|addr|address|endpoint|uid|user id|user|username|database"
    rb"|initial catalog|driver)\s?=\s?[^;\"']{1,100};|;\s?(?:server|data source|uid|user id|database)\s?="
)
_BEGINS = pattern(rb"[ \t-]*(?:(?:export|env|arg|set) )?[ \t]*", re.IGNORECASE)
_CAPITALS = pattern(rb"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_ADDRESS = pattern(rb"[a-z][a-z0-9+:.-]{1,30}://[^\s\"']{3,}[?&][^\s\"']*$")


class Assignment(NamedTuple):
    """A name and what it is given."""

    name: bytes
    kind: Kind
    """What the name says."""
    operator: bytes
    """What stands between, without blanks and quotes."""
    value: bytes
    start: int
    """Offset of the value in the line."""
    quoted: bool
    rest: bytes
    """What follows the value in the line."""
    before: bytes
    """What stands before the name in the line."""
    setting: bool
    """Whether it is written as settings are and code is not: without blanks and quotes, as the whole line."""
    environment: bool
    """Whether it is written as variables of the environment are: in capitals, without quotes."""
    connection: bool
    """Whether it is a part of a connection string."""
    query: bool
    """Whether it is a parameter in an address."""


def assignment(line: bytes, at: int) -> Assignment | None:
    """The assignment whose value begins at this offset; None if there is none, or if its name says nothing."""
    low = max(0, at - _LONGEST_HEAD)
    head = _HEAD.search(line[low:at]) if at > 0 else None
    if head is None:
        return None
    begins, ends = head.span(1)
    name = line[low + begins : low + ends]
    says = kind(name.decode("ascii"))
    return None if says is None else _apart(line, at, low + begins, name, says, line[low + ends : at])


def _apart(
    line: bytes, start: int, begins: int, name: bytes, says: Kind, between: bytes
) -> Assignment | None:
    operator = between.strip(b" \t\"'`])")
    quote = between[-1:] if between[-1:] in (b'"', b"'", b"`") else b""
    before = line[:begins]
    if not operator:
        if between.strip(b" \t") == b"'":
            operator = b" "  # SQL: PASSWORD 'x'
        elif not (_FLAG.match(name) and between == b" "):
            return None
    connection = b";" in line and _CONNECTION.search(line) is not None
    query = operator == b"=" and b"://" in before and _ADDRESS.search(before) is not None
    setting = operator == b"=" and not quote and between == b"=" and _BEGINS.fullmatch(before) is not None
    environment = not quote and between in (b"=", b": ") and _CAPITALS.fullmatch(name) is not None
    stop = _end(line, start, quote, operator, setting)
    if quote and stop < 0:
        return None
    if connection or query:
        cut = re.search(rb"[;\"'\s]" if connection else rb"[&\"'\s;#]", line[start:stop])
        stop = start + cut.start() if cut else stop
    value = line[start:stop]
    return Assignment(
        name,
        says,
        operator,
        value,
        start,
        bool(quote),
        line[stop : stop + 2],
        before,
        setting,
        environment,
        connection,
        query,
    )


def _end(line: bytes, start: int, quote: bytes, operator: bytes, setting: bool) -> int:
    """Where the value ends; below zero if it has no end."""
    if quote:
        end = line.find(quote, start)
        while end > 0 and line[end - 1 : end] == b"\\" and line[end - 2 : end - 1] != b"\\":
            end = line.find(quote, end + 1)
        return end
    pattern = _XML if operator == b">" else _WHOLE_LINE if setting else _UNQUOTED
    found = pattern.match(line, start)
    return found.end() if found else start
