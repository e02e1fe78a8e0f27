"""What the child process of a scan says, taken for hostile: limited in length and in time, and decoded strictly."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import threading
import time
from typing import IO, Any, TypeVar

_POLL_MS = 100
_LONGEST_LINE = 256 << 20
_CHUNK = 1 << 20
_NONSENSE = "the scanning process said something that is not a result"

T = TypeVar("T")


class Ended(Exception):
    """The scan ended without a result; the message is the reason, for people."""


class Said:
    """Lines, and bytes of a given number."""

    def __init__(self, stdout: IO[bytes], seconds: float, stop: threading.Event) -> None:
        """Waiting raises Ended so many seconds after this, or after `begin`, and soon after `stop` is set."""
        self._stdout = stdout.fileno()
        os.set_blocking(self._stdout, False)
        with contextlib.suppress(OSError, AttributeError):  # too many large ones already, or not Linux
            fcntl.fcntl(self._stdout, fcntl.F_SETPIPE_SZ, _CHUNK)
        self._poll = select.poll()
        self._poll.register(self._stdout, select.POLLIN)
        self._seconds = seconds
        self.begin()
        self._stop = stop
        self._pending = bytearray()

    def begin(self) -> None:
        """The time begins now."""
        self._deadline = time.monotonic() + self._seconds

    def line(self) -> bytes | None:
        """The next line; None at the end."""
        searched = 0
        while (end := self._pending.find(b"\n", searched)) < 0:
            searched = len(self._pending)
            if searched > _LONGEST_LINE:
                raise Ended("the scanning process said too much")
            if not self._more():
                return None
        return self._taken(end + 1)[:-1]

    def exactly(self, size: int) -> bytes:
        """The next bytes; fewer at the end."""
        while len(self._pending) < size and self._more():
            continue
        return self._taken(size)

    def _taken(self, size: int) -> bytes:
        with memoryview(self._pending) as pending:
            taken = bytes(pending[:size])
        del self._pending[:size]
        return taken

    def _more(self) -> bool:
        while True:
            if self._stop.is_set():
                raise Ended("stopped")
            if time.monotonic() > self._deadline:
                raise Ended("out of time")
            if self._poll.poll(_POLL_MS):
                chunk = os.read(self._stdout, _CHUNK)
                self._pending += chunk
                return bool(chunk)


def understood(line: bytes) -> tuple[str, Any]:
    """What a line is about, and what it says. Raises Ended if it is nothing of ours."""
    try:
        message: Any = json.loads(line)
        kind, data = next(iter(message.items()))
    except (ValueError, AttributeError, StopIteration, RecursionError):
        raise Ended(_NONSENSE) from None
    return kind, data


def decoded(kind: type[T], data: object) -> T:
    """The value that was written by `encode_fields`. Raises Ended if it was not."""
    from keyhole.core.strict_json import decode  # noqa: PLC0415  # while the scan is at work

    try:
        return decode(kind, data)
    except (ValueError, RecursionError):
        raise Ended(_NONSENSE) from None
