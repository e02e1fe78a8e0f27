"""Secrets that were dropped or replaced, kept in mind outside of the database, in DATA/forgotten.log.

A backup from before holds them still. When it is restored, they are dropped again: a connection that was removed does
not come back to life with its credential. A line is the SHA-256 of a sealed secret, which stays the same when the key
of the vault is rotated.
"""

from __future__ import annotations

import hashlib
import logging
from functools import partial

from django.db import transaction

from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.audit.outside import Memory
from keyhole.core.errors import Unavailable
from keyhole.vault.models import SealedSecret

memory = Memory("forgotten.log")
_logger = logging.getLogger(__name__)


def note(row: SealedSecret) -> None:
    """Remember that this secret ends, as soon as that is committed.

    Not before, as revocations of tokens are: the transaction around it may still be taken back, and the next start
    would then drop a secret that is in use.
    """
    transaction.on_commit(partial(_note, _digest(row)))


def _note(digest: bytes) -> None:
    try:
        memory.note(digest)
    except Unavailable as problem:
        _logger.critical("a dropped secret is not remembered, so an old backup could revive it: %s", problem)


def apply() -> int:
    """Drop every secret again that was dropped before; returns how many. Called at each start."""
    noted = memory.noted()
    if not noted:
        return 0
    with transaction.atomic():
        chain = Chain()
        revived = [row for row in SealedSecret.objects.all() if _digest(row) in noted]
        SealedSecret.objects.filter(pk__in=[row.pk for row in revived]).delete()
        chain.extend(_draft(row) for row in revived)
    if revived:
        _logger.critical(
            "the database was restored from before %d secrets were dropped; they are dropped again",
            len(revived),
        )
    return len(revived)


def _digest(row: SealedSecret) -> bytes:
    return hashlib.sha256(bytes(row.sealed)).digest()


def _draft(row: SealedSecret) -> Draft:
    return Draft(
        "vault:forget",
        ALLOWED,
        {"user_id": None, "name": "keyhole", "via": "setup"},
        {
            "table": row.table,
            "row": row.row,
            "field": row.field,
            "why": "Dropped or replaced before the database was restored.",
        },
    )
