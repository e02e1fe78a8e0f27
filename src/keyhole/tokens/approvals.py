"""Tokens that wait for approval: they exist, allow nothing, and somebody else decides, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from keyhole.accounts.models import User
from keyhole.accounts.services import allows, require
from keyhole.audit import revoked
from keyhole.audit.log import Chain
from keyhole.core.actions import ACTIONS
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.tokens.models import Approval, State, Token, Withheld
from keyhole.tokens.policy import terms_for
from keyhole.tokens.services import checked_text, record

DECIDE = "approval:decide"


@dataclass(frozen=True, slots=True)
class Request:
    """One token that somebody asked for."""

    token: Token
    requested_at: datetime
    decision: str
    """`approved`, `denied`, or empty while it waits."""
    reason: str
    """Why it was decided so."""
    decided_by: str
    """Login; empty while it waits."""
    decided_at: datetime | None


def list_requests(caller: Caller, *, decided: bool = False) -> list[Request]:
    """What waits, oldest first; with `decided` the newest decisions instead. Those who may not decide see their own."""
    user = require(caller, "approval:read")
    rows = Approval.objects.select_related("token__user__owner", "decided_by__owner")
    if not allows(caller, user, DECIDE):
        rows = rows.filter(token__user=user)
    if decided:
        rows = rows.exclude(decision="").order_by("-decided_at")[:100]
    else:
        rows = rows.filter(decision="", token__revoked_at=None).order_by("pk")
    return [_shown(row) for row in rows]


def get_request(caller: Caller, token_id: int) -> Request:
    """One that waits, for somebody who may decide. NotFound when there is none."""
    require(caller, DECIDE)
    return _shown(_waiting(token_id))


def request_of(token: Token) -> Request | None:
    """What was asked and decided about a token that the caller was given already; None when nothing had to be."""
    row = (
        Approval.objects.select_related("token__user__owner", "decided_by__owner").filter(token=token).first()
    )
    return _shown(row) if row is not None else None


def approve(caller: Caller, token_id: int, reason: str = "") -> Request:
    """Let the token do what it was asked for. Conflict when it is over or goes beyond today's policy."""
    user = require(caller, DECIDE)
    why = checked_text("reason", reason, 200, lines=False)
    with transaction.atomic():
        chain = Chain()
        row = _waiting(token_id)
        token = row.token
        _ask_somebody_else(user, token)
        if token.state_at(chain.at) is not State.ACTIVE:
            raise Conflict("The token has ended or is paused, so there is nothing to approve.")
        rights = token.grant_value()
        if problem := terms_for(rights.owner.id).problem(rights):
            raise Conflict(f"Today's policy does not allow it. {problem.message}", hint="Deny it instead.")
        token.withheld, token.approved = Withheld.NOTHING, True
        token.save(update_fields=["withheld", "approved"])
        _decide(row, user, "approved", why, chain.at)
        record(chain, caller, DECIDE, token, decision="approved", why=why)
    return _shown(row)


def deny(caller: Caller, token_id: int, reason: str) -> Request:
    """Refuse it, with a reason that whoever asked reads. The token is revoked."""
    user = require(caller, DECIDE)
    why = checked_text("reason", reason, 200, lines=False)
    if not why:
        raise InvalidInput("Say why, so that the person can ask for something better.", field="reason")
    with transaction.atomic():
        chain = Chain()
        row = _waiting(token_id)
        token = row.token
        token.revoked_at, token.revoked_reason = chain.at, f"Not approved: {why}"[:200]
        token.withheld = Withheld.DENIED
        token.save(update_fields=["revoked_at", "revoked_reason", "withheld"])
        _decide(row, user, "denied", why, chain.at)
        record(chain, caller, DECIDE, token, decision="denied", why=why)
        # Both texts, while there are two: a backup from now must revive neither.
        revoked.note(*(bytes(digest) for digest in (token.digest, token.next_digest) if digest))
    return _shown(row)


def _waiting(token_id: int) -> Approval:
    rows = Approval.objects.select_related("token__user__owner").filter(decision="", token__revoked_at=None)
    found = rows.filter(token=token_id).first() if 0 < token_id < 2**63 else None
    if found is None:
        raise NotFound(
            "No token with this number waits for approval.", hint="`keyhole approval list` shows them."
        )
    return found


def _ask_somebody_else(user: User, token: Token) -> None:
    """Nobody approves what they asked for themselves, where there is somebody else who can."""
    if token.user_id != user.pk:
        return
    roles = [role.value for role in ACTIONS[DECIDE].roles]
    others = User.objects.filter(role_name__in=roles, is_active=True).exclude(pk=user.pk)
    if any(other.can_sign_in for other in others):
        raise Conflict("You asked for this token yourself, so somebody else decides.")


def _decide(row: Approval, user: User, decision: str, why: str, at: datetime) -> None:
    row.decision, row.reason, row.decided_by, row.decided_at = decision, why, user, at
    row.save()


def _shown(row: Approval) -> Request:
    return Request(
        row.token,
        row.requested_at,
        row.decision,
        row.reason,
        row.decided_by.login if row.decided_by else "",
        row.decided_at,
    )
