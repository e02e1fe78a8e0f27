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
from keyhole.scanners.secrets.literals import Beginning

_TRIES = 8
"""Places where nothing matches, after which the automaton is worth it. Each of them may take as long as the text."""
_TRIES_IN_ALL = 1000
"""The same of all texts together: by then they have taken longer than building it does."""
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

    def __init__(self, pattern: str, begins: Beginning = Beginning()) -> None:  # noqa: B008  # frozen
        self._pattern = pattern.encode()
        self._words = [word.encode() for word in begins.words]
        self._any_case = begins.any_case
        self._left = _TRIES_IN_ALL
        self._compiled: re2._Regexp | None = None

    def finditer(self, text: bytes) -> Iterator[re2._Match]:
        """Its matches in the text, in order."""
        # RE2 knows the cases of all letters (U+017F is an s, too), and Python, in bytes, those of ASCII.
        if self._words and self._left > 0 and (not self._any_case or text.isascii()):
            return self._one_by_one(text)
        found: Iterator[re2._Match] = self._whole().finditer(text)
        return found

    def get_ready(self) -> None:
        """Compiles it, if that has not been done."""
        if self._pattern:
            self._whole()

    def _whole(self) -> re2._Regexp:
        if self._compiled is None:
            self._compiled = re2.compile(self._pattern, options())
        return self._compiled

    def _one_by_one(self, text: bytes) -> Iterator[re2._Match]:
        """The same matches, looked for where one may begin."""
        begins = _Places(self._words, text.lower() if self._any_case else text)
        tries = _TRIES
        start = begins.after(0)
        while start >= 0:
            if not tries:
                yield from self._whole().finditer(text, start)
                return
            match = self._whole().match(text, start)
            if match is None:
                tries -= 1
                self._left -= 1
                start += 1
            else:
                yield match
                start = match.end()
            start = begins.after(start)


class _Places:
    """Where words stand in a text. Looked for by Python's own search: compiling a pattern of them takes longer."""

    def __init__(self, words: list[bytes], text: bytes) -> None:
        self._text = text
        self._next = dict.fromkeys(words, -1)

    def after(self, start: int) -> int:
        """The first place of any of them from here on, never before one that was asked for; -1 if there is none."""
        passed = [word for word, place in self._next.items() if place < start or place < 0]
        for word in passed:
            self._next[word] = self._text.find(word, start)
            if self._next[word] < 0:
                del self._next[word]
        return min(self._next.values(), default=-1)


@functools.cache
def edge(characters: str) -> frozenset[int]:
    """The bytes of a class of characters, such as `0-9a-z`."""
    pattern = re.compile(f"[{characters}]".encode())
    return frozenset(byte for byte in range(256) if pattern.match(bytes([byte])))
