"""Names of files as they may be shown: somebody may have put a secret into one."""

from __future__ import annotations

from collections.abc import Iterable

from keyhole.scanners.interface import Examiner


class Shown(dict[str, str]):
    """From a path, or a sentence with one, to the same with `***` for what a scanner finds in it."""

    def __init__(self, examiners: Iterable[Examiner] = ()) -> None:
        super().__init__()
        self._examiners = tuple(examiners)
        self.hides = False
        """Whether there was such a thing."""

    def __missing__(self, text: str) -> str:
        shown = text.encode()
        for examiner in self._examiners:
            for hit in reversed(examiner.examine(shown)):
                shown = shown[: hit.start] + b"***" + shown[hit.end :]
                self.hides = True
        self[text] = shown.decode("utf-8", "replace")
        return self[text]
