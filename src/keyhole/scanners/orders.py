"""What the process of a scan is told, line by line: it does what it can with each before the next is known.

First the means, which are the same for most scans of an installation: scanners, rules, and where things are kept. Then
what to scan. Then that it may look at that: by then, whoever ordered it has seen how things stood before. Of the newest
commit alone git is asked sooner, as nothing of such a scan is kept.
"""

from __future__ import annotations

import os

_CHUNK = 1 << 16


class Orders:
    """The lines that come through a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pending = bytearray()

    def line(self) -> bytes:
        """The next one, which is waited for; empty if there are no more."""
        searched = 0
        while (end := self._pending.find(b"\n", searched)) < 0:
            searched = len(self._pending)
            chunk = os.read(self._descriptor, _CHUNK)
            if not chunk:
                return b""
            self._pending += chunk
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        return line

    def none(self) -> bool:
        """Whether nothing has come that was not taken yet, not even the end."""
        import select  # noqa: PLC0415  # who reads the newest commit alone does not ask

        return not self._pending and not select.select([self._descriptor], [], [], 0)[0]
