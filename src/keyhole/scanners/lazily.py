"""Regular expressions that are compiled when they are first used.

All formats are known in every scan, and a repository has few of them: compiling what the others look for would take a
tenth of the time of a small scan.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Later:
    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)  # so that this is not asked again
        return found


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, later; what is no pattern is found out by the first use."""
    return cast("re.Pattern[AnyStr]", _Later(text, flags))
