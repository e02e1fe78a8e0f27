"""What one commit of the audit log does to tokens: a last look at their validity, and the time of last use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F

from keyhole.audit.log import DENIED
from keyhole.audit.writer import Work
from keyhole.tokens.models import State, Token


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
            work.draft = replace(work.draft, action=f"{use.surface}:refuse", outcome=DENIED,
                                 subject={**work.draft.subject, "reason": use.invalid, "status": 401})
    _count(uses, at)


def _reasons(token_ids: set[int], at: datetime) -> dict[int, str]:
    reasons = dict.fromkeys(token_ids, "unknown_token")
    for token in Token.objects.select_related("user").filter(pk__in=token_ids):
        state = token.state_at(at)
        if state is not State.ACTIVE:
            reasons[token.pk] = state.value
        else:
            reasons[token.pk] = "" if token.user.is_active else "user_inactive"
    return reasons


def _count(uses: Sequence[Use], at: datetime) -> None:
    allowed = Counter(use.token_id for use in uses if use.allowed)
    denied = Counter(use.token_id for use in uses if not use.allowed)
    latest = {use.token_id: use for use in uses if use.allowed}
    for token_id in sorted(allowed.keys() | denied.keys()):
        changes: dict[str, object] = {"requests": F("requests") + allowed[token_id],
                                      "denials": F("denials") + denied[token_id]}
        if token_id in latest:
            changes |= {"last_used_at": at, "last_used_address": latest[token_id].address[:64],
                        "last_used_agent": latest[token_id].agent[:200]}
        Token.objects.filter(pk=token_id).update(**changes)
