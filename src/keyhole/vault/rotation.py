"""A new key in the place of the old one, in steps that may stop anywhere and be taken up again.

1. The new key is put on the ring, in front. 2. Row after row is wrapped anew, some at a time. 3. When no row needs the
old keys any more, they leave the ring. The ring is on disk before a row needs its new key, and until its last row has
left it the old key is on the ring too, so that at every moment every secret can be revealed, by a server that runs
meanwhile as well. A ring of several keys is a rotation that was not finished; running it again goes on with step 2.

Secrets are not encrypted anew: whoever has copied the old key and the rows can read what was in them then. What ends
is that the old key opens rows which are written or copied from now on.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import transaction

from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, Unavailable
from keyhole.vault import keyring
from keyhole.vault.envelope import rewrap
from keyhole.vault.keyring import Ring
from keyhole.vault.models import SealedSecret
from keyhole.vault.problems import Sealed, Tampered
from keyhole.vault.services import checked_ring

_AT_ONCE = 100
"""Rows in one transaction: the log, and with it the gateway, waits for the length of one."""
Progress = Callable[[int, int], None]
"""Called with how many rows are done and how many there are."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation came to."""

    key_id: str
    """The key that is active now."""
    rewrapped: int
    resumed: bool
    """Whether it went on with one that had been interrupted, instead of making a new key."""
    dropped: tuple[str, ...]
    """Keys that left the ring."""
    unreadable: tuple[str, ...]
    """Places whose secrets do not open, and which hold the old key on the ring."""
    by_hand: tuple[str, ...] = ()
    """Keys of KEYHOLE_VAULT_KEYS that nothing needs any more, for whoever sets it to take out."""


def rotate(caller: Caller, on_progress: Progress = lambda _done, _of: None) -> Rotated:
    """Rotate, or finish a rotation. Beside a running server, and again after it was stopped at any point.

    Sealed when the keys are not in order; Conflict while another rotation or a backup is at work, or when there is
    nothing to rotate to; Unavailable when a step could not be made durable: run it again then.
    """
    with alone():
        try:
            return _rotate(caller, on_progress)
        except DatabaseProblem as problem:
            raise Unavailable(
                "The database cannot be used, so the rotation is not finished. Every secret can still be revealed.",
                hint="Check the disk and the database, then run `keyhole vault rotate` again.",
            ) from problem


def _rotate(caller: Caller, on_progress: Progress) -> Rotated:
    ring, resumed = _prepared(caller)
    done, unreadable = _rewrap_all(caller, ring, on_progress)
    retired = ring.keys[1:]
    dropped: tuple[str, ...] = ()
    if not unreadable:
        dropped = tuple(key.id for key in retired)
        _note(caller, "vault:rotate", key=ring.active.id, rewrapped=done, dropped=list(dropped))
        # No row needs them, and none can come: whoever keeps a secret seals it with the first key of the ring.
        if dropped and not keyring.from_environment():
            keyring.replace(Ring(ring.keys[:1]))
    by_hand = dropped if keyring.from_environment() else ()
    return Rotated(ring.active.id, done, resumed, () if by_hand else dropped, tuple(unreadable), by_hand)


def _prepared(caller: Caller) -> tuple[Ring, bool]:
    """The ring with the key to rotate to in front, on disk; and whether it was there already."""
    ring = checked_ring()
    if ring is None:
        raise Conflict("The vault holds nothing yet, so there is no key to rotate.")
    if len(ring.keys) > 1:
        return ring, not keyring.from_environment()
    if keyring.from_environment():
        raise Conflict(
            "KEYHOLE_VAULT_KEYS holds one key, and Keyhole cannot put another one there.",
            hint="Set it to NEW,OLD with a new key of 64 hexadecimal digits (`openssl rand -hex 32`) in front, "
            "restart every Keyhole that uses it, then run this again.",
        )
    ring = Ring((keyring.new_key(), *ring.keys))
    _note(caller, "vault:rotate", key=ring.active.id, begins=True)
    keyring.replace(ring)
    return ring, False


def _rewrap_all(caller: Caller, ring: Ring, on_progress: Progress) -> tuple[int, list[str]]:
    total = SealedSecret.objects.exclude(key_id=ring.active.id).count()
    done, after, unreadable = 0, 0, list[str]()
    while True:
        with transaction.atomic():
            # The log first, as everybody who writes does; what is read after that stays as it is until the end.
            chain = Chain()
            rows = list(
                SealedSecret.objects.exclude(key_id=ring.active.id)
                .filter(pk__gt=after)
                .order_by("pk")[:_AT_ONCE]
            )
            moved, broken = _rewrapped(rows, ring)
            SealedSecret.objects.bulk_update(moved, ["key_id", "wrapped"])
            for place in broken:
                chain.extend([_draft(caller, "vault:rotate", key=ring.active.id, unreadable=place)])
        if not rows:
            return done, unreadable
        after = rows[-1].pk
        done += len(moved)
        unreadable += broken
        on_progress(done, max(total, done))


def _rewrapped(rows: Sequence[SealedSecret], ring: Ring) -> tuple[list[SealedSecret], list[str]]:
    moved, broken = [], []
    for row in rows:
        old = ring.get(row.key_id)
        try:
            if old is None:
                raise Sealed(f"The key {row.key_id} has left the ring meanwhile.")
            envelope = rewrap(old, ring.active, row.place, row.envelope)
        except (Tampered, Sealed, ValueError):  # ValueError: the place itself was changed into none
            broken.append(f"{row.table} {row.row} ({row.field})")
            continue
        row.key_id, row.wrapped = envelope.key_id, envelope.wrapped
        moved.append(row)
    return moved, broken


def _note(caller: Caller, action: str, **subject: object) -> None:
    with transaction.atomic(durable=True):
        Chain().extend([_draft(caller, action, **subject)])


def _draft(caller: Caller, action: str, **subject: object) -> Draft:
    return Draft(action=action, outcome=ALLOWED, actor=caller.as_actor(), subject=subject)


@contextmanager
def alone() -> Iterator[None]:
    """Holds the ring as it is: for rotations, and for backups, whose copies of rows and ring must fit together.

    Conflict when somebody holds it already.
    """
    path = Path(settings.KEYHOLE_DATA) / "vault.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(
                "Another rotation or backup is at work.", hint="Wait until it has ended, then run this again."
            ) from None
        keyring.tidy()
        yield
    finally:
        os.close(descriptor)
