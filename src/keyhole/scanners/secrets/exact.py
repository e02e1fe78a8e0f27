"""Patterns of the exact pass, compiled when first needed: most rules find nothing to look at in most repositories."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import re2

_MEMORY = 64 << 20  # the default of 8 MiB makes some patterns fall back to a machine a hundred times slower


def options() -> re2.Options:
    """How every pattern is compiled."""
    made = re2.Options()
    made.max_mem = _MEMORY
    made.log_errors = False
    return made


class Exact:
    """The exact pattern of a rule."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern.encode()
        self._compiled: re2._Regexp | None = None

    def finditer(self, text: bytes) -> Iterator[re2._Match]:
        """Its matches in the text, in order."""
        if self._compiled is None:
            self._compiled = re2.compile(self._pattern, options())
        found: Iterator[re2._Match] = self._compiled.finditer(text)
        return found


@functools.cache
def edge(characters: str) -> frozenset[int]:
    """The bytes of a class of characters, such as `0-9a-z`."""
    pattern = re.compile(f"[{characters}]".encode())
    return frozenset(byte for byte in range(256) if pattern.match(bytes([byte])))
