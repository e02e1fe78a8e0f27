"""What an archive may cost, and what comes out of one."""

from __future__ import annotations

from typing import NamedTuple

from keyhole.scanners.limits import Limits

_RATIO_FROM = 16 << 20
"""Bytes below which nobody asks how well they were compressed: a log of one line ten thousand times is no bomb."""


class Member(NamedTuple):
    """A file in an archive."""

    path: bytes
    """Its names from the outermost archive inwards, with `!` between them; empty for a compressed file's only one."""
    text: bytes
    depth: int
    """In how many archives it is. One that is an archive itself follows all that is in it."""


class NotOpened(NamedTuple):
    """Something that was not looked into."""

    reason: str
    is_limit: bool = False
    """Whether it was a limit of ours: then the scan is incomplete. Else there was nothing that could be read."""


Raw = tuple[bytes, bytes] | NotOpened
"""What a kind of archive yields: a name and a content, or what it could not read."""


class Over(Exception):
    """The budget is spent; the message says how, for people."""


class Budget:
    """Counts down while one object of the repository is opened."""

    def __init__(self, limits: Limits, size: int) -> None:
        self._limits = limits
        self._size = size
        self._bytes = 0
        self._read = 0
        self._members = 0

    def enter(self, depth: int) -> None:
        """Before an archive is opened that is in `depth` others. Raises Over."""
        if depth >= self._limits.archive_depth:
            raise Over(f"archives in more than {self._limits.archive_depth} others were not opened")

    def member(self) -> None:
        """Before a member is looked at. Raises Over."""
        self.members(1)

    def members(self, count: int) -> None:
        """Before so many are. Raises Over."""
        self._members += count
        if self._members > self._limits.archive_members:
            raise Over(
                f"of an archive with more than {self._limits.archive_members:,} files not all were read"
            )

    def read(self, count: int) -> None:
        """Before so many stored bytes are looked at, which may be the same ones each time. Raises Over."""
        self._read += count
        if self._read > self._size + self._limits.archive_bytes:
            raise Over("an archive whose files are the same bytes again and again was read in part")

    @property
    def allowance(self) -> int:
        """Bytes that may be unpacked next, and one more, by which it shows that there are too many."""
        return self._limits.archive_bytes - self._bytes + 1

    def take(self, count: int) -> None:
        """When so many bytes were unpacked. Raises Over."""
        self._bytes += count
        if self._bytes > self._limits.archive_bytes:
            raise Over(f"an archive of more than {self._limits.archive_bytes >> 20} MiB was read in part")
        if self._bytes > max(_RATIO_FROM, self._size * self._limits.archive_ratio):
            raise Over(f"an archive that grows more than {self._limits.archive_ratio} times was read in part")
