"""Patterns taken apart: what they are made of, for whoever has to know more of one than whether it matches."""

from __future__ import annotations

import re
import warnings
from typing import Any

from keyhole.scanners import lazily

# Private, and the only thing in Python that reads a pattern.
_parse = re._parser.parse  # type: ignore[attr-defined]  # noqa: SLF001
names = re._constants  # type: ignore[attr-defined]  # noqa: SLF001
"""What its parts are called."""
_POSIX = lazily.pattern(r"\\.|\[:\^?[a-z]+:\]", re.DOTALL)
_ANY = r"\w"
"""One character, of which nothing more is known: all that is asked of such a class is how wide it is."""


def tree_of(pattern: str) -> Any:
    """The parts of a pattern of RE2. Raises re.error, OverflowError or RecursionError if Python does not read it.

    `[[:digit:]]` is a digit to RE2, but to Python one of five characters and then a bracket.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of what may mean something else in Python one day
        return _parse(_POSIX.sub(lambda found: found[0] if found[0][0] == "\\" else _ANY, pattern))
