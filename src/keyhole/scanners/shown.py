"""Names of files as they may be shown: somebody may have put a secret into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from keyhole.scanners.interface import Examiner
from keyhole.scanners.lazily import pattern

_RUN = pattern(r"[0-9A-Za-z_]{20,}")
_DIGITS = 2


class Shown(dict[str, str]):
    """From a path, or a sentence with one, to the same with `***` for what a scanner finds in it."""

    def __init__(
        self, examiners: Iterable[Examiner] = (), otherwise: Callable[[], Examiner] | None = None
    ) -> None:
        """`otherwise` makes the one to ask where there are none, once a name has what looks like a token: making it
        takes longer than many a scan of packages.
        """
        super().__init__()
        self._examiners = tuple(examiners)
        self._otherwise = None if self._examiners else otherwise
        self.hides = False
        """Whether there was such a thing."""

    def __missing__(self, text: str) -> str:
        if self._otherwise is not None and _has_token(text):
            self._examiners, self._otherwise = (self._otherwise(),), None
        shown = text.encode()
        for examiner in self._examiners:
            for hit in reversed(examiner.examine(shown)):
                shown = shown[: hit.start] + b"***" + shown[hit.end :]
                self.hides = True
        self[text] = shown.decode("utf-8", "replace")
        return self[text]


def _has_token(text: str) -> bool:
    """Whether it has a long word with digits, as tokens are and hardly any names of files."""
    return any(sum(map(str.isdigit, run[0])) >= _DIGITS for run in _RUN.finditer(text))
