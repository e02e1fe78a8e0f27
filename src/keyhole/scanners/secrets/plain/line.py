"""Takes one assignment apart: which name, which value, and how they are written."""

from __future__ import annotations

import re
from typing import NamedTuple

import re2

from keyhole.scanners.lazily import pattern
from keyhole.scanners.secrets.patterns import ASSIGNS_IN_A_LINE
from keyhole.scanners.secrets.plain.names import Kind, kind

_HEAD = re2.compile(
    rb"([0-9A-Za-z_.-]*(?i:pass[_-]?w|pwd|passphrase|[_-]pass|[_-]pw|secret|key|token|auth|cred|[_-]pat)[0-9A-Za-z_-]*)"
    rb"((?:%b|[ ][\"']?))\z" % ASSIGNS_IN_A_LINE.encode()
)
_FLAG = pattern(rb"--?[a-z]")
_ESCAPED = pattern(rb"\\.|'\"'")
_QUOTES = (b'"', b"'", b"`")
_NAME_ENDS = (*_QUOTES, b"\\")
_BEHIND_A_FLAG = (b" ", b' "', b" '")
_LONGEST_HEAD = 200
_MOST_BEFORE = 100
"""Of a longer line the beginning may not be shown."""
_UNQUOTED = pattern(rb"[^\s\"'`,;<>(){}\[\]|\\]+")
_WHOLE_LINE = pattern(rb"[^\s\"'`\\]+")
_CONNECTED = pattern(rb"[^\s\"'`;<\\]+?(?=[)}\]]*(?:[\s\"'`;<\\]|$))")
_MARKS = frozenset(b"%c" % mark for mark in b",;<>(){}[]|")
_CLOSING = b",;)}]|"
_GOES_ON = (b",", b";", b"(", b"{", b"[")  # as code does in the next line
_FORM = pattern(rb"&[A-Za-z_][\w.-]*=")
"""What follows in the body of a form."""
_IN_QUERY = pattern(rb"[^\s\"'`,;<>(){}\[\]|\\&#]+")
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
    operator = between.strip(b" \t\"'`])\\")
    quote = _opened_by(between)
    before = line[:begins]
    if not operator:
        if between.strip(b" \t") == b"'":
            operator = b" "  # SQL: PASSWORD 'x'
        elif not (between in _BEHIND_A_FLAG and _FLAG.match(name)):
            return None
    connection = b";" in line and _CONNECTION.search(line) is not None
    if quote and (
        _closes(quote, before, between, line[start : start + 1])
        or (connection and _CONNECTION.match(line, start - 1))
    ):
        return None
    setting = not quote and between == b"=" and _BEGINS.fullmatch(before) is not None
    environment = not quote and between.rstrip(b" ") in (b"=", b":") and _CAPITALS.fullmatch(name) is not None
    query = operator == b"=" and b"://" in before and _ADDRESS.search(before) is not None
    if quote:
        stop = _quoted_end(line, start, quote)
        if stop < 0:
            return None
    elif connection or query or operator == b">":
        stop = _end(line, start, _CONNECTED if connection else _IN_QUERY if query else _XML)
    else:
        stop = _bare_end(line, start, before, alone=operator == b":", setting=setting)
    return Assignment(
        name,
        says,
        operator,
        line[start:stop],
        start,
        bool(quote),
        line[stop : stop + 2],
        before,
        setting,
        environment,
        connection,
        query,
    )


def _opened_by(between: bytes) -> bytes:
    """The quote before the value, with the backslash before it where it stands in a text; none if there is none."""
    if between[-1:] not in _QUOTES:
        return b""
    return between[-2:] if between[-2:-1] == b"\\" else between[-1:]


def _closes(quote: bytes, before: bytes, between: bytes, behind: bytes) -> bool:
    """Whether the quote before the value ends a text with the name in it: `"Password:"),`.

    A mark is `behind` such a quote, and no letter or digit; then quotes tell that are not closed before the name.
    """
    if len(quote) > 1 or between.startswith(_NAME_ENDS):
        return False
    if before.endswith(quote):
        return True
    if quote != b'"' or len(before) > _MOST_BEFORE or behind.isalnum():
        return False
    return _ESCAPED.sub(b"", before.replace(quote * 3, b"")).count(quote) % 2 == 1


def _bare_end(line: bytes, start: int, before: bytes, *, alone: bool, setting: bool) -> int:
    """Where the value ends that nothing encloses: at a mark, but of a setting, or where it may stand `alone` as in
    YAML.
    """
    stop = _end(line, start, _UNQUOTED)
    if setting and (more := _FORM.search(line, start, stop)):
        return more.start()
    if line[stop : stop + 1] not in _MARKS:
        return stop
    if setting:
        return _end_of_setting(line, start, stop)
    return (_end_alone(line, start, before) or stop) if alone else stop


def _end_of_setting(line: bytes, start: int, stop: int) -> int:
    """Where the value of a setting ends that has a mark at `stop`: there, if only marks or another command follow."""
    whole = _end(line, start, _WHOLE_LINE)
    rest = line[stop:whole]
    if not rest.strip(_CLOSING) or (rest[:1] == b";" and rest[1:].isalpha()):
        return stop
    return whole


def _end_alone(line: bytes, start: int, before: bytes) -> int:
    """Where the value ends if name and value are all of the line, as in YAML, and it does not go on as code; else 0."""
    rest = line[start:].rstrip(b"\r")
    if rest.endswith(_GOES_ON) or _BEGINS.fullmatch(before) is None or _WHOLE_LINE.fullmatch(rest) is None:
        return 0
    return start + len(rest)


def _quoted_end(line: bytes, start: int, quote: bytes) -> int:
    """Where the value ends; below zero if it has no end."""
    end = line.find(quote, start)
    while end > 0 and len(quote) == 1 and line[end - 1 : end] == b"\\" and line[end - 2 : end - 1] != b"\\":
        end = line.find(quote, end + 1)
    return end


def _end(line: bytes, start: int, value: re.Pattern[bytes]) -> int:
    found = value.match(line, start)
    return found.end() if found else start
