"""Patterns of the exact pass, compiled when first needed: most rules find nothing to look at in most repositories.

To look for a long pattern in a text RE2 builds an automaton, which the first time takes a hundred times as long as the
search itself. To look whether it matches at a known place it needs none, and nearly every token says where it begins.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import re2

from keyhole.scanners.lazily import Later
from keyhole.scanners.lazily import pattern as re_later

_TRIES = 8
"""Places where nothing matches, after which the automaton is worth it. Each of them may take as long as the text."""
_TRIES_IN_ALL = 1000
"""The same of all texts together: by then they have taken longer than building it does."""
_ANY_CASE = "(?i"
_MEMORY = 64 << 20  # the default of 8 MiB makes some patterns fall back to a machine a hundred times slower


def options() -> re2.Options:
    """How every pattern is compiled."""
    made = re2.Options()
    made.max_mem = _MEMORY
    made.log_errors = False
    return made


def linear(pattern: bytes) -> re2._Regexp:
    """As `re2.compile`, when it is first used."""
    later: Any = Later(functools.partial(re2.compile, pattern))
    made: re2._Regexp = later
    return made


class Exact:
    """The exact pattern of a rule."""

    def __init__(self, pattern: str, begins: str = "") -> None:
        """`begins` is a pattern for what every match begins with, if that is a few words; see `literals`."""
        self._pattern = pattern.encode()
        self._begins = re_later(begins.encode()) if begins else None
        self._any_case = begins.startswith(_ANY_CASE)
        self._left = _TRIES_IN_ALL
        self._compiled: re2._Regexp | None = None

    def finditer(self, text: bytes) -> Iterator[re2._Match]:
        """Its matches in the text, in order."""
        if self._compiled is None:
            self._compiled = re2.compile(self._pattern, options())
        begins = self._begins if self._left > 0 else None
        # RE2 knows the cases of all letters (U+017F is an s, too), and Python, in bytes, those of ASCII.
        if begins is not None and (text.isascii() or not self._any_case):
            return self._one_by_one(self._compiled, begins, text)
        found: Iterator[re2._Match] = self._compiled.finditer(text)
        return found

    def _one_by_one(
        self, compiled: re2._Regexp, begins: re.Pattern[bytes], text: bytes
    ) -> Iterator[re2._Match]:
        """The same matches, looked for where one may begin."""
        tries = _TRIES
        place = begins.search(text)
        while place is not None:
            start = place.start()
            if not tries:
                yield from compiled.finditer(text, start)
                return
            match = compiled.match(text, start)
            if match is None:
                tries -= 1
                self._left -= 1
                start += 1
            else:
                yield match
                start = match.end()
            place = begins.search(text, start)


@functools.cache
def edge(characters: str) -> frozenset[int]:
    """The bytes of a class of characters, such as `0-9a-z`."""
    pattern = re.compile(f"[{characters}]".encode())
    return frozenset(byte for byte in range(256) if pattern.match(bytes([byte])))
