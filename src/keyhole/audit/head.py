"""The end of the chain, kept a second time outside of the database, in DATA/audit.head.

Whoever cuts records off the end of the log leaves this file behind, and it names a record that is not there. It is
written after the commit, so that it may lag behind after a crash but is never ahead; and it only goes forwards.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
from pathlib import Path

from django.conf import settings

from keyhole.audit.chain import GENESIS, Link
from keyhole.core.errors import Unavailable

_LINE = re.compile(rb"([0-9]{1,20}) ([0-9a-f]{64})\n")
_logger = logging.getLogger(__name__)


def path() -> Path:
    """The file."""
    return Path(settings.KEYHOLE_DATA) / "audit.head"


def read() -> Link | None:
    """The end as last noted; None when the file is missing.

    Raises Unavailable when the file cannot be understood: going on would overwrite what it proved.
    """
    try:
        return _parse(path().read_bytes())
    except FileNotFoundError:
        return None


def create() -> None:
    """Make the file before the first record, so that its absence later means something."""
    try:
        path().touch(mode=0o600)
    except OSError as problem:
        raise Unavailable(
            "The file audit.head in the data folder cannot be made.", hint=str(problem)
        ) from problem


def _parse(content: bytes) -> Link:
    if not content:
        return Link(0, GENESIS)
    found = _LINE.fullmatch(content)
    if found is None:
        raise Unavailable(
            "The file audit.head in the data folder is damaged.",
            hint="Run `keyhole audit verify`; restore the file from a backup, or move it away.",
        )
    return Link(int(found[1]), found[2].decode())


def advance(link: Link) -> None:
    """Note a new end, unless a later one is noted already. Never fails: the record itself is committed."""
    try:
        descriptor = os.open(path(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            noted = _parse(os.pread(descriptor, 4096, 0))
            if noted.seq < link.seq:
                # One write of one length over the old line: there is no moment at which half of it stands.
                os.pwrite(descriptor, b"%020d %s\n" % (link.seq, link.hash.encode()), 0)
        finally:
            os.close(descriptor)
    except (OSError, Unavailable) as problem:
        _logger.critical(
            "audit.head was not written, so that cutting off the log's end may go unseen: %s", problem
        )
