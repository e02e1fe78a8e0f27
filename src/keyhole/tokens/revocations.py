"""Revocations, kept a second time outside of the database, in DATA/revoked.log.

A backup from before a revocation holds the token as it was. Restoring it must not revive the token, so that every
start compares the two. A line is the SHA-256 of a token, in hexadecimal; lines are only ever added.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

from django.conf import settings
from django.db import transaction

from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.core.errors import Unavailable
from keyhole.tokens.models import Token

_LINE = re.compile(r"[0-9a-f]{64}")
_AT_ONCE = 500
_logger = logging.getLogger(__name__)


def path() -> Path:
    """The file."""
    return Path(settings.KEYHOLE_DATA) / "revoked.log"


def note(digest: bytes) -> None:
    """Add a revocation, before it is committed. Unavailable when it cannot be on disk: nothing is revoked then."""
    try:
        descriptor = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # The line break comes first too: half a line, left by a full disk, then spoils no other.
            os.write(descriptor, f"\n{digest.hex()}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as problem:
        raise Unavailable(
            "The revocation cannot be written to revoked.log, so nothing was done.",
            hint="Check the disk of the data folder.",
        ) from problem


def apply() -> int:
    """Revoke every token that was revoked before and is not any more; returns how many. Called at each start."""
    try:
        lines = path().read_text("ascii", "replace").splitlines()
    except FileNotFoundError:
        return 0
    noted = [bytes.fromhex(line) for line in lines if _LINE.fullmatch(line)]
    revived = [
        token
        for first in range(0, len(noted), _AT_ONCE)
        for token in Token.objects.filter(digest__in=noted[first : first + _AT_ONCE], revoked_at=None)
    ]
    if revived:
        _logger.critical(
            "the database was restored from before the revocation of %d tokens; they are revoked again",
            len(revived),
        )
        _revoke_again(revived)
    return len(revived)


def _revoke_again(tokens: list[Token]) -> None:
    reason = "Revoked before the database was restored."
    with transaction.atomic():
        chain = Chain()
        Token.objects.filter(pk__in=[token.pk for token in tokens]).update(
            revoked_at=chain.at, revoked_reason=reason
        )
        chain.extend(
            Draft(
                "token:revoke",
                ALLOWED,
                {"user_id": None, "name": "keyhole", "via": "setup"},
                {"token": token.name, "subject_token_id": token.pk, "why": reason},
            )
            for token in tokens
        )
