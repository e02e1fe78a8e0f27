"""What was revoked, kept a second time outside of the database, in DATA/revoked.log.

A backup from before a revocation holds the token as it was. Restoring it must not revive the token, so that every
start compares the two. A line is the SHA-256 of one text of a token that has ended, in hexadecimal; lines are only
ever added.
"""

from __future__ import annotations

from pathlib import Path

from keyhole.audit.outside import Memory

_memory = Memory("revoked.log")


def path() -> Path:
    """The file."""
    return _memory.path()


def note(*digests: bytes) -> None:
    """Add texts that end, before that is committed. Unavailable when it cannot be on disk: nothing ends then."""
    _memory.note(*digests)


def noted() -> frozenset[bytes]:
    """Every digest in the file; a line that is half written is none."""
    return _memory.noted()
