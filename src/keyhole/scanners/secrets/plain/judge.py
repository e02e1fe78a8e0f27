"""Decides about one assignment: the rule it breaks, or that it breaks none."""

from __future__ import annotations

from typing import NamedTuple

from keyhole.scanners.secrets.plain import values
from keyhole.scanners.secrets.plain.line import Assignment, assignment
from keyhole.scanners.secrets.plain.names import Kind
from keyhole.scanners.secrets.plain.names import kind as said_by

PASSWORD = "password-assignment"  # noqa: S105  # ids of rules
SIMPLE = "simple-password-assignment"
CREDENTIAL = "credential-assignment"
CONNECTION = "connection-string-password"

_SHORTEST_PASSWORD, _SHORTEST_CREDENTIAL, _SHORTEST_KEY, _LONGEST = 6, 12, 18, 380
_SHORTEST_LITERAL = 8
_SHORTEST_HEX = 16
_RANDOM, _ODD, _SOMEWHAT = 5.0, 4.6, 3.6
_MANY_CLASSES = 3
_ARGUMENT = (b",", b"(")
_NEAR = (*_ARGUMENT, b" ")


class Judgement(NamedTuple):
    """A secret in a line."""

    rule: str
    start: int
    stop: int


def judge(line: bytes, at: int, cut: bool) -> Judgement | None:
    """The secret whose value begins at this offset; `cut` if the line goes on behind what is shown."""
    found = assignment(line, at)
    if found is None or (cut and found.start + len(found.value) == len(line)):
        return None
    rule = _rule(found)
    return None if rule is None else Judgement(rule, found.start, found.start + len(found.value))


def _rule(found: Assignment) -> str | None:
    kind, value = found.kind, found.value
    if not _SHORTEST_PASSWORD <= len(value) <= _LONGEST or not _written_out(found):
        return None
    if not value.isascii() or b" " in value:
        return None
    # What most values fail first: they look like words.
    rule = _password(found) if kind is Kind.PASSWORD else CREDENTIAL if _looks_issued(value, kind) else None
    if rule is None or (rule is SIMPLE and found.operator in _NEAR):
        return None  # as an argument, too little is known of what a simple one is
    if values.points_elsewhere(value, found.quoted, found.rest) or values.no_secret(value, found.name):
        return None
    if found.operator in _ARGUMENT and value.isalnum() and said_by(value.decode("ascii")) is not None:
        return None  # one of a list of names: `"npmPassword", "npm2FaToken"`
    return CONNECTION if found.connection and kind is Kind.PASSWORD else rule


def _written_out(found: Assignment) -> bool:
    """Whether what follows is a value of that name at all, and not an argument or a tag behind it."""
    if found.operator == b">":
        return found.before.endswith(b"<") and found.rest.startswith(b"</")
    if found.operator in _ARGUMENT:
        named = found.before[-1:] in (b'"', b"'") or found.operator == b"("
        return found.quoted and named
    return True


def _looks_issued(value: bytes, kind: Kind) -> bool:
    """Whether a program made it: long, and unlike words. Of what is only called a key, no doubt may be left."""
    if kind is Kind.KEY:
        # Hexadecimal keys without another name are as often digests, and names of what is cached.
        if len(value) < _SHORTEST_KEY or values.is_hex(value) or not values.has_digit(value):
            return False
        return values.oddity(value) >= (_RANDOM if values.classes(value) >= _MANY_CLASSES else _RANDOM + 1)
    if values.is_hex(value):
        return len(value) >= _SHORTEST_HEX and values.random_hex(value)
    if len(value) < _SHORTEST_CREDENTIAL or values.is_identifier(value):
        return False
    odd = values.oddity(value)
    return (
        odd >= _RANDOM
        or (odd >= _ODD and values.classes(value) >= _MANY_CLASSES)
        or values.labelled_hex(value)
    )


def _password(found: Assignment) -> str | None:
    """Which rule a password breaks, by how hard it is to guess."""
    value = found.value
    if values.is_hex(value):
        if len(value) >= _SHORTEST_HEX:
            return PASSWORD if values.random_hex(value) else None
        return SIMPLE if values.classes(value) > 1 else None
    odd, classes = values.oddity(value), values.classes(value)
    if values.is_identifier(value):
        # Letters alone: only what no program and no person would name anything.
        return PASSWORD if odd >= _RANDOM + 1 and (found.quoted or found.setting) else None
    if odd >= _RANDOM and (found.quoted or classes > 1):
        return PASSWORD
    if odd >= _SOMEWHAT and classes >= (
        2 if found.quoted or found.setting or found.connection else _MANY_CLASSES
    ):
        return PASSWORD if odd >= _ODD and classes >= _MANY_CLASSES else SIMPLE
    literal = found.environment or found.connection
    if literal and len(value) >= _SHORTEST_LITERAL and values.has_digit(value) and classes > 1:
        return SIMPLE  # what stands in an environment is used, whatever it looks like
    return SIMPLE if classes >= _MANY_CLASSES else None
