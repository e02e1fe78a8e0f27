"""What must be remembered even by an older database: digests of things that have ended for good, in a file.

A backup from before the end holds the thing as it was. Whoever ends something notes its digest before that is
committed, and compares the file with the database at each start. Lines are only ever added.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from keyhole.core.errors import Unavailable

_LINE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Memory:
    """One such file in the data folder."""

    name: str

    def path(self) -> Path:
        """The file."""
        return Path(settings.KEYHOLE_DATA) / self.name

    def note(self, *digests: bytes) -> None:
        """Add SHA-256s, before their ends are committed. Unavailable when they cannot be on disk: end nothing then."""
        try:
            descriptor = os.open(self.path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # The line break comes first too: half a line, left by a full disk, then spoils no other.
                _write(descriptor, "".join(f"\n{digest.hex()}\n" for digest in digests).encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as problem:
            raise Unavailable(
                f"{self.name} cannot be written, so nothing was done.",
                hint="Check the disk of the data folder.",
            ) from problem

    def noted(self) -> frozenset[bytes]:
        """Every digest in the file."""
        return digests_in(self.path())


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def digests_in(path: Path) -> frozenset[bytes]:
    """Every digest in a file of this kind; none when there is no such file."""
    try:
        lines = path.read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        return frozenset()
    return frozenset(bytes.fromhex(line) for line in lines if _LINE.fullmatch(line))
