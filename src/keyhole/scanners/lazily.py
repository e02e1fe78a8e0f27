"""Regular expressions that are compiled when they are first used.

All formats are known in every scan, and a repository has few of them: compiling what the others look for would take a
tenth of the time of a small scan.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, AnyStr, cast


class Later:
    """What is made when it is first asked for something."""

    def __init__(self, made: Callable[[], Any]) -> None:
        self._made = made

    def make(self) -> None:
        """Makes it, if it has not been made."""
        made = self._made()
        self._made = lambda: made

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._made(), name)
        setattr(self, name, found)  # so that this is not asked again
        return found


_patterns: list[Later] = []


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, later; what is no pattern is found out by the first use."""
    later = Later(partial(re.compile, text, flags))
    _patterns.append(later)
    return cast("re.Pattern[AnyStr]", later)


def compile_while(idle: Callable[[], bool]) -> None:
    """Compiles the patterns that there are, one after the other, for as long as there is nothing else to do."""
    for each in _patterns:
        if not idle():
            return
        each.make()
