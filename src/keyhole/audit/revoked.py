"""What was revoked, kept a second time outside of the database, in DATA/revoked.log.

A backup from before a revocation holds the token as it was. Restoring it must not revive the token, so that every
start compares the two. A line is the SHA-256 of one text of a token that has ended, in hexadecimal; lines are only
ever added.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from django.conf import settings

from keyhole.core.errors import Unavailable

_LINE = re.compile(r"[0-9a-f]{64}")


def path() -> Path:
    """The file."""
    return Path(settings.KEYHOLE_DATA) / "revoked.log"


def note(*digests: bytes) -> None:
    """Add texts that end, before that is committed. Unavailable when it cannot be on disk: nothing ends then."""
    try:
        descriptor = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # The line break comes first too: half a line, left by a full disk, then spoils no other.
            lines = "".join(f"\n{digest.hex()}\n" for digest in digests).encode()
            if os.write(descriptor, lines) != len(lines):
                raise OSError("the disk took a part of it only")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as problem:
        raise Unavailable(
            "The revocation cannot be written to revoked.log, so nothing was done.",
            hint="Check the disk of the data folder.",
        ) from problem


def noted() -> set[bytes]:
    """Every digest in the file; a line that is half written is none."""
    try:
        lines = path().read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        return set()
    return {bytes.fromhex(line) for line in lines if _LINE.fullmatch(line)}
