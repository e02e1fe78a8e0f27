"""Revocations, kept a second time outside of the database, in DATA/revoked.log.

A backup from before a revocation holds the token as it was. Restoring it must not revive the token, so that every
start compares the two. A line is the SHA-256 of one text of a token that has ended, by revoking the token or by a
rotation, in hexadecimal; lines are only ever added.
"""

from __future__ import annotations

import logging
from collections.abc import Set as AbstractSet

from django.db import transaction
from django.db.models import Q

from keyhole.accounts import api_tokens
from keyhole.audit import revoked
from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.audit.revoked import note, path
from keyhole.tokens.models import Token

__all__ = ["apply", "note", "path"]

_AT_ONCE = 500
_logger = logging.getLogger(__name__)


def apply() -> int:
    """End again every text that had ended before and has not any more; returns of how many tokens.

    Called at each start. A token whose other text is still good goes on with that one alone; others are revoked.
    """
    noted = revoked.noted()
    api_tokens.end_again(noted)
    revived = _revived(sorted(noted))
    over = [token for token in revived if bytes(token.digest) in noted and not _other_is_good(token, noted)]
    if revived:
        _logger.critical(
            "the database was restored from before %d tokens were revoked or rotated; what had ended ends again",
            len(revived),
        )
        _end_again([token for token in revived if token not in over], noted)
    if over:
        _revoke_again(over)
    return len(revived)


def _revived(noted: list[bytes]) -> list[Token]:
    found: dict[int, Token] = {}
    for first in range(0, len(noted), _AT_ONCE):
        some = noted[first : first + _AT_ONCE]
        rows = Token.objects.filter(Q(digest__in=some) | Q(next_digest__in=some), revoked_at=None)
        found.update({token.pk: token for token in rows})
    return list(found.values())


def _other_is_good(token: Token, noted: AbstractSet[bytes]) -> bool:
    return token.next_digest is not None and bytes(token.next_digest) not in noted


def _end_again(tokens: list[Token], noted: AbstractSet[bytes]) -> None:
    """One of the two texts of each has ended: the new one was cancelled, or its use ended the old one."""
    with transaction.atomic():
        chain = Chain()
        for token in tokens:
            if bytes(token.digest) in noted:
                token.previous_digest, token.digest = token.digest, token.next_digest
                token.previous_ended_at = token.previous_work_until = chain.at
            token.next_digest = token.next_since = token.overlap_ends_at = None
            token.save()
        chain.extend(
            _draft("token:rotate", token, "Rotated before the database was restored.") for token in tokens
        )


def _revoke_again(tokens: list[Token]) -> None:
    reason = "Revoked before the database was restored."
    with transaction.atomic():
        chain = Chain()
        Token.objects.filter(pk__in=[token.pk for token in tokens]).update(
            revoked_at=chain.at, revoked_reason=reason
        )
        chain.extend(_draft("token:revoke", token, reason) for token in tokens)


def _draft(action: str, token: Token, why: str) -> Draft:
    return Draft(
        action,
        ALLOWED,
        {"user_id": None, "name": "keyhole", "via": "setup"},
        {"token": token.name, "subject_token_id": token.pk, "why": why},
    )
