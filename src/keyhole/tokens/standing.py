"""Whether a token, and which of its texts, is valid: the columns that decide it, read alike wherever that is asked."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from keyhole.core.actions import Role, may
from keyhole.tokens.models import Purpose, State, Text, Token, Withheld, state_of, text_of

_ROLES = {role.value: role for role in Role}


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
    withheld_as: str
    for_others: bool
    approved: bool
    purpose: str
    role: str

    @property
    def withheld(self) -> str:
        """Why the token may do nothing although it has not ended, a `Withheld`; empty when it may."""
        if self.withheld_as or self.purpose == Purpose.SCAN:
            return self.withheld_as
        # The role is asked as it is now: whoever could not generate the token today does not keep it either.
        role = _ROLES.get(self.role)
        allowed = role is not None and may(role, "token:create")
        if self.for_others and not self.approved:
            allowed = allowed and role is not None and may(role, "token:create_any")
        return "" if allowed else Withheld.ROLE.value

    def state(self, moment: datetime) -> State:
        """Whether the token can be used at a moment."""
        return state_of(self.revoked_at, self.expires_at, moment, self.paused_at)

    def text(self, presented: bytes | None, moment: datetime) -> Text:
        """What the text with this digest is worth at a moment; without one, the token as such is meant."""
        if presented is None:
            return Text.CURRENT
        return text_of(presented, self.digest, self.next_digest, self.overlap_ends_at, moment)


def standing_of(token: Token) -> Standing:
    """The same of a row that was read with its user."""
    return Standing(
        token.pk,
        token.revoked_at,
        token.expires_at,
        token.paused_at,
        bytes(token.digest),
        bytes(token.next_digest) if token.next_digest is not None else None,
        token.overlap_ends_at,
        token.user.is_active,
        token.withheld,
        token.for_others,
        token.approved,
        token.purpose,
        token.user.role_name,
    )


STANDING = (
    "pk",
    "revoked_at",
    "expires_at",
    "paused_at",
    "digest",
    "next_digest",
    "overlap_ends_at",
    "user__is_active",
    "withheld",
    "for_others",
    "approved",
    "purpose",
    "user__role_name",
)
"""Its columns, in its order."""

WITHHELD = {
    Withheld.APPROVAL.value: (
        "This token waits for approval, so nothing is allowed with it yet.",
        "A maintainer or an owner of this Keyhole decides, under Settings -> Approvals.",
    ),
    Withheld.DENIED.value: (
        "This token was not approved, so nothing is allowed with it.",
        "The reason stands on the token's page.",
    ),
    Withheld.POLICY.value: (
        "This token goes beyond the policy of its resource owner, so nothing is allowed with it.",
        "Generate one that keeps to the policy, and put it into the tool.",
    ),
    Withheld.ROLE.value: (
        "The role of the person who generated this token does not include it any more.",
        "Somebody whose role does can generate another one.",
    ),
}
"""What happened and what to do, for each reason."""
