"""Whether a token, and which of its texts, is valid: the columns that decide it, read alike wherever that is asked."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from keyhole.tokens.models import State, Text, state_of, text_of


class Standing(NamedTuple):
    """What the validity of a token depends on, as one look-up saw it."""

    token_id: int
    revoked_at: datetime | None
    expires_at: datetime | None
    paused_at: datetime | None
    digest: bytes
    next_digest: bytes | None
    overlap_ends_at: datetime | None
    user_active: bool

    def state(self, moment: datetime) -> State:
        """Whether the token can be used at a moment."""
        return state_of(self.revoked_at, self.expires_at, moment, self.paused_at)

    def text(self, presented: bytes | None, moment: datetime) -> Text:
        """What the text with this digest is worth at a moment; without one, the token as such is meant."""
        if presented is None:
            return Text.CURRENT
        return text_of(presented, self.digest, self.next_digest, self.overlap_ends_at, moment)


STANDING = (
    "pk",
    "revoked_at",
    "expires_at",
    "paused_at",
    "digest",
    "next_digest",
    "overlap_ends_at",
    "user__is_active",
)
"""Its columns, in its order."""
