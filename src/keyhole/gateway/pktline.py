"""git's pkt-line framing, read and written. Pure; what git would read differently is refused.

Source: gitprotocol-common(5), "pkt-line Format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from keyhole.core.errors import MalformedRequest

LONGEST = 65520
"""Bytes of one pkt-line with its length; git neither sends nor reads longer ones."""
FLUSH = b"0000"
_LENGTH = re.compile(rb"[0-9a-fA-F]{4}")


class Kind(Enum):
    """What a pkt-line is."""

    DATA = "data"
    FLUSH = "flush"
    DELIMITER = "delimiter"
    END = "response-end"


_SPECIAL = {0: Kind.FLUSH, 1: Kind.DELIMITER, 2: Kind.END}


@dataclass(frozen=True, slots=True)
class Packet:
    """One pkt-line."""

    kind: Kind
    data: bytes = b""
    """The payload as sent, line end included; empty unless the kind is DATA."""

    @property
    def line(self) -> bytes:
        """The payload without the one line end that it may have."""
        return self.data.removesuffix(b"\n")


def take(buffer: bytes | bytearray, at: int = 0) -> tuple[Packet, int] | None:
    """The pkt-line that starts at `at` and where the next one starts; None while it is not all there.

    Raises MalformedRequest as soon as the bytes can no longer become a pkt-line.
    """
    head = bytes(buffer[at : at + 4])
    if _LENGTH.fullmatch(head.ljust(4, b"0")) is None:
        raise MalformedRequest("A pkt-line does not start with four hexadecimal digits.")
    if len(head) < 4:
        return None
    length = int(head, 16)
    if length in _SPECIAL:
        return Packet(_SPECIAL[length]), at + 4
    if length == 3 or length > LONGEST:
        raise MalformedRequest(f"A pkt-line has the impossible length {length}.")
    if len(buffer) < at + length:
        return None
    return Packet(Kind.DATA, bytes(buffer[at + 4 : at + length])), at + length


def packets(whole: bytes) -> Iterator[Packet]:
    """Every pkt-line of a complete stream. Raises MalformedRequest when it ends within one."""
    at = 0
    while at < len(whole):
        taken = take(whole, at)
        if taken is None:
            raise MalformedRequest("The request ends within a pkt-line.")
        packet, at = taken
        yield packet


def encode(data: bytes) -> bytes:
    """One pkt-line with this payload, of at most 65,516 bytes."""
    if len(data) > LONGEST - 4:
        raise ValueError(f"{len(data)} bytes do not fit into a pkt-line")
    return b"%04x%b" % (len(data) + 4, data)


def band(number: int, data: bytes) -> bytes:
    """`data` on a band of side-band-64k, in as many pkt-lines as it takes."""
    step = LONGEST - 5
    return b"".join(encode(bytes([number]) + data[at : at + step]) for at in range(0, len(data), step))
