"""Showing lines of a repository without showing secrets in them.

Keyhole does not keep what a scan found, so it cannot look for it in the text either. Lines that are known to hold
secrets are left out whole, in a file that ever held one whatever could be a value, too. Elsewhere the bodies of
private keys are, and what looks like a generated value.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from keyhole.core.escaping import visible

BLANK = "•" * 12
AROUND = 6
"""Lines shown before and after the finding's."""
LONGEST = 400
"""Characters of a line that are shown."""

_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY")
_LONG = re.compile(r"[A-Za-z0-9+=_-]{20,}")
_DIGIT = re.compile(r"[0-9]")
_VALUE = re.compile(r"(?<=[=:])\s*\S.*")
_QUOTED = re.compile(r"([\"'`]).*?(?:\1|$)")
_OTHER = r"[^\s\"'`<>(){}\[\],;]"
_WORD = re.compile(rf"{_OTHER}{{16,}}|(?={_OTHER}*[0-9]){_OTHER}{{8,}}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is shown."""

    number: int
    text: str
    """Safe to look at; parts may be BLANK."""
    here: bool
    """Whether the finding is on it."""
    hidden: bool
    """Whether nothing of it is shown."""


def window(line: int) -> range:
    """Numbers of the lines that are shown around this one, as far as the file has them."""
    return range(max(1, line - AROUND), line + AROUND + 1)


def lines_around(text: str, line: int, *, secrets: Collection[int], near_secret: bool) -> list[Line]:
    """The lines of a file around the one with the finding. `secrets`: numbers of lines that hold secrets;
    `near_secret`: whether other lines may, too.
    """
    rows = text.split("\n")
    keys = _in_keys(rows)
    return [
        _shown(
            number,
            rows[number - 1].rstrip("\r"),
            here=number == line,
            hidden=number in keys or number in secrets,
            near_secret=near_secret,
        )
        for number in window(line)
        if number <= len(rows)
    ]


def _shown(number: int, raw: str, *, here: bool, hidden: bool, near_secret: bool) -> Line:
    if hidden:
        return Line(number, BLANK, here, True)
    if near_secret:
        # Of the finding's own line something has to be left: what is in quotes goes, and what could be a password.
        raw = _WORD.sub(
            BLANK, _QUOTED.sub(rf"\g<1>{BLANK}\g<1>", raw) if here else _VALUE.sub(f" {BLANK}", raw)
        )
    else:
        raw = _LONG.sub(_generated, raw)
    short = raw if len(raw) <= LONGEST else f"{raw[:LONGEST]} ..."
    return Line(number, visible(short), here, False)


def _generated(word: re.Match[str]) -> str:
    # Counted here: a pattern that looks ahead for digits goes through a line of a megabyte once for each character.
    return BLANK if len(_DIGIT.findall(word[0])) > 1 else word[0]


def _in_keys(rows: list[str]) -> set[int]:
    """Numbers of the lines from where a private key begins to where it ends."""
    inside, found = False, set()
    for number, row in enumerate(rows, 1):
        inside = inside or _KEY_BEGINS.search(row) is not None
        if inside:
            found.add(number)
        inside = inside and _KEY_ENDS.search(row) is None
    return found
