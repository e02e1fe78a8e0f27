"""A socket that `http.client` can use, with one deadline for everything and a limit of bytes."""

from __future__ import annotations

import io
import socket
import time
from typing import Any


class TooMuch(Exception):
    """More bytes came than are read."""


class Wire:
    """A connected socket as far as `http.client` uses one.

    A socket's own timeout begins anew with each byte, so that a slow server could hold on for ever; here every
    operation gets only what is left until the deadline. Raises TimeoutError when nothing is.
    """

    def __init__(self, sock: socket.socket, ends: float, most: int) -> None:
        """`ends`: on the monotonic clock, in seconds. `most`: bytes that are read at all, headers included."""
        self._sock = sock
        self._ends = ends
        self._left = most
        self.ended = False
        """Whether the other side has sent its last byte, and more was wanted."""

    def sendall(self, data: Any) -> None:
        """Sends all of it."""
        view = memoryview(data)
        while view:
            self._wait()
            view = view[self._sock.send(view) :]

    def receive_into(self, buffer: memoryview) -> int:
        """Reads some bytes; 0 at the end."""
        self._wait()
        count = self._sock.recv_into(buffer)
        self.ended = self.ended or count == 0
        self._left -= count
        if self._left < 0:
            raise TooMuch
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What comes in, as a file."""
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """Nothing: whoever made the connection ends it, also when `http.client` thinks it has."""

    def _wait(self) -> None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)


class _Incoming(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive_into(memoryview(buffer))
