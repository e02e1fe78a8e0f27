"""What one commit of the audit log does to tokens: a last look at their validity, and the time of last use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from keyhole.audit.log import DENIED
from keyhole.audit.writer import Work
from keyhole.tokens.models import State, Token, state_of

_TABLE = Token._meta.db_table  # noqa: SLF001  # Django's documented way to a model's table
_USED = (
    f"UPDATE {_TABLE} SET requests = requests + %s, last_used_at = %s, last_used_address = %s, "  # noqa: S608
    "last_used_agent = %s WHERE id = %s"
)
_DENIED = f"UPDATE {_TABLE} SET denials = denials + %s WHERE id = %s"  # noqa: S608


@dataclass(slots=True)
class Use:
    """One use of a token on its way into the log."""

    token_id: int
    allowed: bool
    surface: str
    address: str
    agent: str
    invalid: str = ""
    """Set by `settle`: why the token is not valid any more; empty when it is."""


def settle(works: Sequence[Work], at: datetime) -> None:
    """Turn uses of tokens that are not valid any more into denials, and count all the others."""
    uses: list[Use] = [work.attached for work in works]
    reasons = _reasons({use.token_id for use in uses}, at)
    for work, use in zip(works, uses, strict=True):
        use.invalid = reasons[use.token_id]
        if use.invalid:
            use.allowed = False
            work.draft = replace(
                work.draft,
                action=f"{use.surface}:refuse",
                outcome=DENIED,
                subject={**work.draft.subject, "reason": use.invalid, "status": 401},
            )
    _count(uses, at)


def _reasons(token_ids: set[int], at: datetime) -> dict[int, str]:
    reasons = dict.fromkeys(token_ids, "unknown_token")
    found = Token.objects.filter(pk__in=token_ids).values_list(
        "pk", "revoked_at", "expires_at", "user__is_active"
    )
    for token_id, revoked_at, expires_at, user_active in found:
        state = state_of(revoked_at, expires_at, at)
        reasons[token_id] = (
            state.value if state is not State.ACTIVE else "" if user_active else "user_inactive"
        )
    return reasons


def _count(uses: Sequence[Use], at: datetime) -> None:
    allowed = Counter(use.token_id for use in uses if use.allowed)
    denied = Counter(use.token_id for use in uses if not use.allowed)
    latest = {use.token_id: use for use in uses if use.allowed}
    moment = connection.ops.adapt_datetimefield_value(at)
    # Plain SQL, since one commit may touch hundreds of tokens: through the ORM this took as long as all the rest.
    with connection.cursor() as cursor:
        if allowed:
            cursor.executemany(
                _USED,
                [
                    (number, moment, latest[token_id].address[:64], latest[token_id].agent[:200], token_id)
                    for token_id, number in sorted(allowed.items())
                ],
            )
        if denied:
            cursor.executemany(_DENIED, [(number, token_id) for token_id, number in sorted(denied.items())])
