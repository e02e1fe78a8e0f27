"""Keeping and revealing secrets. Each call names who makes it, and nothing happens that is not on record.

Who may keep or use a secret is decided by the room that it belongs to: this one is below accounts and knows only
that nobody in particular may do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseProblem
from django.db import transaction
from django.db.models import QuerySet

from keyhole.audit.log import ALLOWED, DENIED, Chain, Draft
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import KeyholeError, NotFound, PermissionDenied, Unavailable
from keyhole.core.plural import counted
from keyhole.core.secret import Secret
from keyhole.vault import forgotten, keyring
from keyhole.vault.envelope import Envelope, Place, seal, unseal
from keyhole.vault.keyring import Ring
from keyhole.vault.models import SealedSecret
from keyhole.vault.problems import Sealed, Tampered

__all__ = ["Place", "Sealed", "State", "Tampered", "exists", "forget", "keep", "reveal", "state"]


@dataclass(frozen=True, slots=True)
class State:
    """Whether the vault can be used now."""

    sealed: bool
    reason: str = ""
    """Why it is sealed, for people."""
    hint: str = ""
    """What to do about it."""


def state() -> State:
    """Whether secrets can be kept and revealed; looks at the keys and at what the stored secrets need."""
    try:
        checked_ring()
    except Sealed as problem:
        return State(True, problem.message, problem.hint)
    return State(False)


def keep(caller: Caller, place: Place, secret: Secret) -> None:
    """Seal a secret in its place, over the one that was there, together with the caller's transaction.

    Sealed, with everything left as it was, when the keys are not in order. Writes a record of its own, so that a
    `Chain` which the transaction made before must not be used after.
    """
    try:
        with transaction.atomic():
            chain = Chain()
            _require_somebody(caller)
            ring = checked_ring() or keyring.create()
            envelope = seal(ring.active, place, secret)
            before = _at(place).first()
            _store(place, envelope, chain.at)
            _record(chain, caller, "vault:keep", place, key=envelope.key_id, replaced=before is not None)
            if before is not None:
                forgotten.note(before)
    except DatabaseProblem as problem:
        raise _unavailable() from problem


def _at(place: Place) -> QuerySet[SealedSecret]:
    return SealedSecret.objects.filter(table=place.table, row=place.row, field=place.field)


def _store(place: Place, envelope: Envelope, at: datetime) -> None:
    SealedSecret.objects.update_or_create(
        table=place.table,
        row=place.row,
        field=place.field,
        defaults={
            "key_id": envelope.key_id,
            "wrapped": envelope.wrapped,
            "sealed": envelope.sealed,
            "kept_at": at,
            "waits": False,
        },
    )


def reveal(caller: Caller, place: Place) -> Secret:
    """The secret of a place, once it is on record and on disk that this caller has seen it.

    Must not be called inside a transaction, which could still take the record back. NotFound when nothing is kept
    there, Sealed when the keys are not in order, Tampered when it is not what was kept; these are on record too.
    """
    refusal: KeyholeError | None = None
    try:
        with transaction.atomic(durable=True):
            chain = Chain()
            try:
                secret, key_id = _opened(caller, place)
            except (NotFound, PermissionDenied, Sealed, Tampered) as problem:
                refusal = problem
                _record(chain, caller, "vault:reveal", place, outcome=DENIED, why=problem.message)
            else:
                _record(chain, caller, "vault:reveal", place, key=key_id)
    except DatabaseProblem as problem:
        raise _unavailable() from problem
    if refusal is not None:
        raise refusal
    return secret


def _opened(caller: Caller, place: Place) -> tuple[Secret, str]:
    _require_somebody(caller)
    row = _at(place).first()
    if row is None:
        raise NotFound(f"No secret is kept for {place}.", hint="Enter it again.")
    if row.waits:
        raise Sealed(
            f"The secret of {place} came with a backup, and whether it was dropped after that is not known here.",
            hint="Remove what should not be there, then let an owner run `keyhole vault release`.",
        )
    # After the row, and while the log is held: a rotation writes the ring before rows and needs the log for those.
    ring = checked_ring()
    key = ring.get(row.key_id) if ring is not None else None
    if key is None:
        raise _lacking([row.key_id])
    return unseal(key, place, row.envelope), row.key_id


def forget(caller: Caller, place: Place) -> bool:
    """Drop the secret of a place, together with the caller's transaction; also while the vault is sealed.

    Returns whether there was one. As for `keep`, a `Chain` made before must not be used after.
    """
    try:
        with transaction.atomic():
            chain = Chain()
            _require_somebody(caller)
            found = _at(place).first()
            if found is None:
                return False
            found.delete()
            _record(chain, caller, "vault:forget", place)
            forgotten.note(found)
    except DatabaseProblem as problem:
        raise _unavailable() from problem
    return True


def exists(place: Place) -> bool:
    """Whether a secret is kept there; that it can be revealed is another question."""
    return _at(place).exists()


def checked_ring() -> Ring | None:
    """The ring, if it has every key that is in use; None when nothing was ever kept and there is no key yet.

    Sealed otherwise. One missing key seals everything: with a wrong file in the place of the right one, what is kept
    from now on would be lost when the right one comes back.
    """
    ring = keyring.load()
    used = set(SealedSecret.objects.order_by().values_list("key_id", flat=True).distinct())
    if ring is None and used:
        raise Sealed(
            f"{keyring.source()} is missing, and {counted(SealedSecret.objects.count(), 'sealed secret')} "
            "cannot be opened without it.",
            hint="Put it back from a backup. Keyhole makes no new one, since that could open nothing.",
        )
    if ring is not None and (missing := sorted(used - ring.ids)):
        raise _lacking(missing)
    return ring


def _lacking(key_ids: list[str]) -> Sealed:
    return Sealed(
        f"{keyring.source()} lacks the key {', '.join(key_ids)}, which sealed secrets need.",
        hint="Put back the keys that were there, from a backup. Keyhole changes nothing until then.",
    )


def _require_somebody(caller: Caller) -> None:
    if caller.user_id is None and caller.via is not Via.JOB:
        raise PermissionDenied("Nobody in particular may not use the vault.")


def _record(
    chain: Chain, caller: Caller, action: str, place: Place, outcome: str = ALLOWED, **more: object
) -> None:
    subject = {"table": place.table, "row": place.row, "field": place.field, **more}
    chain.extend([Draft(action=action, outcome=outcome, actor=caller.as_actor(), subject=subject)])


def _unavailable() -> Unavailable:
    return Unavailable(
        "The database cannot be used, so nothing was done.",
        hint="Check the disk and the database; `keyhole doctor` helps.",
    )
