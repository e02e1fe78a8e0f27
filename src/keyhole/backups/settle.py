"""Making a restored database fit for use, before it is put in its place: nothing that ended may live again.

A backup knows nothing of what was revoked after it. Where the data that it replaces are at hand, their revoked.log
and forgotten.log tell, and all of that ends again. Where they are not, every token is paused and every sealed
secret waits, until an owner has looked: better a tool that stands still than a revoked token that works. People are
signed out either way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connection, transaction

from keyhole.accounts.models import ApiToken, Invitation, ResetCode
from keyhole.accounts.services import local_caller
from keyhole.accounts.storage import bring_up_to_date
from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.audit.outside import Memory
from keyhole.backups import archive
from keyhole.backups.restore import Unpacked
from keyhole.core.errors import InvalidInput, Misconfigured
from keyhole.tokens import revocations
from keyhole.tokens.models import Token
from keyhole.vault import forgotten
from keyhole.vault.status import status
from keyhole.vault.waiting import hold_back

_REASON = "Restored from a backup; what was revoked after it is not known."


@dataclass(frozen=True, slots=True)
class Settled:
    """What had to be done."""

    revoked: int
    """Tokens that were revoked after the backup, and are again."""
    dropped: int
    """Sealed secrets that were dropped after the backup, and are again."""
    paused: int
    """Tokens that wait for an owner to resume them."""
    held_back: int
    """Sealed secrets that wait for an owner to release them."""
    api_tokens: int
    """API tokens that were revoked because nobody knows whether they were."""
    withdrawn: int
    """Invitations and links for a new password, which would otherwise work a second time."""
    signed_out: int
    """Sessions that were in the backup."""
    sealed: str
    """Why the vault cannot be opened; empty when it can be."""


def settle(unpacked: Unpacked, *, keep_tokens: bool) -> Settled:
    """Bring the unpacked database up to date and end in it what has ended since. Django is open on its folder.

    `keep_tokens` is the operator's word that no token was revoked since the backup. InvalidInput when the database is
    of a newer Keyhole or damaged.
    """
    if connection.vendor != "sqlite":
        raise InvalidInput(
            "KEYHOLE_DATABASE_URL names a PostgreSQL database, and this backup holds SQLite.",
            hint="Unset it to restore, or restore PostgreSQL with pg_restore: docs/backup.md.",
        )
    if Path(settings.KEYHOLE_DATA) != unpacked.folder:
        raise RuntimeError("the settings do not name the folder that the backup was unpacked in")
    try:
        bring_up_to_date()
    except Misconfigured as problem:
        raise InvalidInput(str(problem), hint="Nothing was restored.") from problem
    _remember(Memory(archive.REVOKED), unpacked.before.revoked)
    _remember(Memory(archive.FORGOTTEN), unpacked.before.forgotten)
    revoked, dropped = revocations.apply(), forgotten.apply()
    with transaction.atomic():
        chain = Chain()
        unsure = not unpacked.before.continued and not keep_tokens
        did = {
            "revoked": revoked,
            "dropped": dropped,
            "paused": _pause(chain) if unsure else 0,
            "held_back": hold_back() if unsure else 0,
            "api_tokens": _revoke_api_tokens(chain) if unsure else 0,
            "withdrawn": _withdraw(chain),
            "signed_out": _sign_out(),
        }
        chain.extend([_record(unpacked, **did, kept=keep_tokens)])
    found = status()
    _close()
    return Settled(**did, sealed=found.sentence() if found.sealed else "")


def _remember(memory: Memory, digests: Iterable[bytes]) -> None:
    if missing := set(digests) - memory.noted():
        memory.note(*sorted(missing))


def _pause(chain: Chain) -> int:
    # By nobody in particular, so that an owner of this Keyhole has to resume each.
    live = Token.objects.filter(revoked_at=None, paused_at=None)
    return live.update(paused_at=chain.at, paused_reason=_REASON, paused_by=None)


def _revoke_api_tokens(chain: Chain) -> int:
    # They cannot be paused, and whoever runs the program makes another one.
    return ApiToken.objects.filter(revoked_at=None).update(revoked_at=chain.at)


def _withdraw(chain: Chain) -> int:
    invitations = Invitation.objects.filter(accepted_at=None, revoked_at=None).update(revoked_at=chain.at)
    return invitations + ResetCode.objects.all().delete()[0]


def _sign_out() -> int:
    kinds = [model for model in apps.get_models() if issubclass(model, AbstractBaseSession)]
    return sum(model._default_manager.all().delete()[0] for model in kinds)  # noqa: SLF001  # Django's documented name


def _record(unpacked: Unpacked, **did: object) -> Draft:
    return Draft(
        "backup:restore",
        ALLOWED,
        local_caller().as_actor(),
        {
            "made_at": unpacked.manifest.made_at,
            "records": unpacked.manifest.records,
            "replaced_head": unpacked.before.head,
            "revocations_known": unpacked.before.continued,
            **did,
        },
    )


def _close() -> None:
    # Into one file, without a journal beside it: only then can it be put in its place by one rename.
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.execute("PRAGMA journal_mode=DELETE")
    connection.close()
