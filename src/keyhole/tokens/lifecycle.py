"""What happens to a token between its first and its last day: rotating its text, pausing it, resuming it.

None of it touches what the token may. Everything that changes a row takes the end of the audit log first, as the data
plane does when it settles uses, so that a rotation, a pause and a first use never interleave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import Error as DatabaseProblem
from django.db import transaction

from keyhole.accounts.models import User
from keyhole.accounts.services import allows, require
from keyhole.audit.log import Chain
from keyhole.core import token_text
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, PermissionDenied, Unavailable
from keyhole.tokens import revocations
from keyhole.tokens.models import Purpose, State, Token
from keyhole.tokens.services import Issued, checked_text, get, not_done, record

OVERLAP = timedelta(days=7)
"""How long the old text goes on if the new one is not used, unless somebody chooses otherwise."""
LONGEST_OVERLAP = timedelta(days=90)
_REASON = 200
# The action for one's own tokens, and the one for everybody's.
_ROTATE = ("token:rotate", "token:rotate_any")
_PAUSING = ("token:pause", "token:pause_any")


def rotate(caller: Caller, token_id: int, overlap: timedelta = OVERLAP) -> Issued:
    """Make a new text for a token, for the very same rights, owner, name, expiration and history.

    The old text is allowed until the new one is first used, or until the overlap is over, and never after; with no
    overlap it ends now. NotFound as for `get`; InvalidInput for an absurd overlap; Conflict for a token that is over,
    belongs to a scan, or is being rotated already.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput(
            f"The overlap must be from 0 to {LONGEST_OVERLAP.days} days.",
            field="overlap",
            hint="The old token ends anyway as soon as the new one is used.",
        )
    secret = token_text.mint()
    with _changing(caller, _ROTATE, token_id) as change:
        token = change.token
        if change.chain.clock_went_back:
            raise Unavailable(
                "The clock of this machine went back, so no overlap can be dated.",
                hint="Correct the clock. If it is right now: `keyhole audit accept-clock`.",
            )
        if token.rotating:
            raise Conflict(
                f"{token.name} is being rotated already.",
                hint="Give the tool the new token, or cancel that rotation and begin again.",
            )
        if overlap:
            token.next_digest = token_text.hash_of(secret)
            token.next_since, token.overlap_ends_at = change.chain.at, change.chain.at + overlap
        else:
            revocations.note(bytes(token.digest))
            token.previous_digest, token.digest = token.digest, token_text.hash_of(secret)
            token.previous_ended_at = token.previous_work_until = change.chain.at
        token.save(update_fields=_TEXTS)
        change.record("token:rotate", overlap_hours=int(overlap.total_seconds() // 3600))
    return Issued(token, secret)


def cancel_rotation(caller: Caller, token_id: int) -> Token:
    """End the new text of a rotation before anybody used it; the old one goes on, also after its overlap.

    Conflict when there is nothing to cancel, because the new text was used or none was made.
    """
    with _changing(caller, _ROTATE, token_id) as change:
        token = change.token
        if token.next_digest is None:
            raise Conflict(
                f"{token.name} is not being rotated.",
                hint="If the new token was used, the old one has ended: rotate again, or revoke it.",
            )
        revocations.note(bytes(token.next_digest))
        token.next_digest = token.next_since = token.overlap_ends_at = None
        token.save(update_fields=_TEXTS)
        change.record("token:rotate", cancelled=True)
    return token


_TEXTS = [
    "digest",
    "next_digest",
    "next_since",
    "overlap_ends_at",
    "previous_digest",
    "previous_ended_at",
    "previous_work_until",
]


def pause(caller: Caller, token_id: int, reason: str = "") -> Token:
    """Allow nothing with a token until it is resumed. Once this has returned, no request that starts later passes.

    Pausing twice is harmless. NotFound as for `get`; Conflict for a token that is over or belongs to a scan.
    """
    why = checked_text("reason", reason, _REASON, lines=False)
    with _changing(caller, _PAUSING, token_id) as change:
        token = change.token
        if token.paused_at is None:
            token.paused_at, token.paused_reason, token.paused_by = change.chain.at, why, change.user
            token.save(update_fields=_PAUSE)
            change.record("token:pause", why=why)
    return token


def resume(caller: Caller, token_id: int) -> Token:
    """Let a paused token go on, with the rights it had. Resuming one that is not paused is harmless.

    PermissionDenied for who paused it not, unless they may pause everybody's: what an owner of this Keyhole paused,
    the person who generated it does not resume.
    """
    with _changing(caller, _PAUSING, token_id) as change:
        token, user = change.token, change.user
        if token.paused_at is not None:
            if token.paused_by_id != user.pk and not allows(caller, user, "token:pause_any"):
                raise PermissionDenied(
                    "Somebody else paused this token.", hint="Ask an owner of this Keyhole to resume it."
                )
            token.paused_at, token.paused_reason, token.paused_by = None, "", None
            token.save(update_fields=_PAUSE)
            change.record("token:pause", resumed=True)
    return token


_PAUSE = ["paused_at", "paused_reason", "paused_by"]


@dataclass(frozen=True, slots=True)
class _Change:
    """A token that may be changed, with the end of the log held until the transaction ends."""

    token: Token
    user: User
    chain: Chain
    record: Callable[..., None]


@contextmanager
def _changing(caller: Caller, actions: tuple[str, str], token_id: int) -> Iterator[_Change]:
    own, anybodys = actions
    user = require(caller, own)
    found = get(caller, token_id)
    if found.user_id != user.pk:
        require(caller, anybodys)
    try:
        with transaction.atomic():
            chain = Chain()
            token = Token.objects.select_related("user__owner").get(pk=found.pk)
            _check(token, chain)

            def write(name: str, **more: object) -> None:
                record(chain, caller, name, token, **more)

            yield _Change(token, user, chain, write)
    except DatabaseProblem as problem:
        raise not_done() from problem


def _check(token: Token, chain: Chain) -> None:
    state = token.state_at(chain.at)
    if state in (State.REVOKED, State.EXPIRED):
        raise Conflict(
            f"{token.name} is {state.value}, and that is for good.", hint="Generate a new token for the tool."
        )
    if token.purpose == Purpose.SCAN:
        raise Conflict(
            "This token belongs to a code scan, which generates and revokes it itself.",
            hint="Stop the scan instead.",
        )
