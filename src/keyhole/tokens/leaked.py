"""Tokens that were found where they do not belong: whoever holds one can end it, and learns nothing by that.

Whoever holds a token could use it; that they may end it gives them nothing. What is told is the same for tokens that
were valid, were not any more, or never were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import Error as DatabaseProblem
from django.db import connection, transaction

from keyhole.accounts import api_tokens
from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.core import token_text
from keyhole.core.caller import Caller
from keyhole.core.secret import Secret
from keyhole.tokens import revocations
from keyhole.tokens.models import Token
from keyhole.tokens.services import not_done

MOST = 10_000
"""Texts in one call."""
REASON = "Reported as leaked by somebody who holds it."
_AT_ONCE = 500


def report(found: Iterable[Secret], reporter: Caller | None, address: str = "") -> int:
    """Revoke every token among these texts, also the new or the old text of one that is being rotated, and API tokens.

    Returns how many were revoked by this call, for the log and this machine's operator: nobody else may be told.
    Doing it twice is harmless. Unavailable when it could not be made durable; what was done before stays done.
    """
    kinds = (token_text.PREFIX, token_text.API_PREFIX)
    digests = sorted(
        {
            token_text.hash_of(one)
            for one in found
            if any(token_text.is_well_formed(one.reveal(), kind) for kind in kinds)
        }
    )
    connection.close_if_unusable_or_obsolete()
    actor = _actor(reporter, address)
    return sum(_end(digests[first : first + _AT_ONCE], actor) for first in range(0, len(digests), _AT_ONCE))


def _actor(reporter: Caller | None, address: str) -> Mapping[str, Any]:
    if reporter is not None:
        return reporter.as_actor()
    return {"user_id": None, "name": "whoever holds the token", "via": "leak", "address": address}


def _end(digests: list[bytes], actor: Mapping[str, Any]) -> int:
    try:
        ended = api_tokens.end_leaked(digests, actor, REASON)
        if not _known(digests):
            return ended  # most calls: nothing is locked for what is not ours
        with transaction.atomic():
            chain = Chain()
            tokens = _known(digests)
            Token.objects.filter(pk__in=list(tokens)).update(revoked_at=chain.at, revoked_reason=REASON)
            chain.extend(
                Draft(
                    "token:revoke",
                    ALLOWED,
                    actor,
                    {"token": name, "subject_token_id": number, "why": REASON},
                )
                for number, (name, _) in tokens.items()
            )
            revocations.note(*(text for _, texts in tokens.values() for text in texts))
    except DatabaseProblem as problem:
        raise not_done() from problem
    return ended + len(tokens)


def _known(digests: list[bytes]) -> dict[int, tuple[str, list[bytes]]]:
    """Name and texts of each token that one of these is a text of, if it was not revoked."""
    found: dict[int, tuple[str, list[bytes]]] = {}
    # One after the other: asked for both at once, a database reads every row instead of an index.
    for column in ("digest", "next_digest"):
        rows = Token.objects.filter(**{f"{column}__in": digests}, revoked_at=None)
        for number, name, digest, new in rows.values_list("pk", "name", "digest", "next_digest"):
            found[number] = (name, [bytes(text) for text in (digest, new) if text])
    return found
