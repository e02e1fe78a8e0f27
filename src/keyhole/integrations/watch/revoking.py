"""Revoking a connection's credential on GitHub itself, from here: when it has leaked or is not needed any more."""

from __future__ import annotations

from django.db import transaction

from keyhole.accounts.services import require
from keyhole.connections.models import Connection, Successor
from keyhole.connections.records import record
from keyhole.connections.services import get, remove
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput
from keyhole.core.github_credentials import CredentialKind
from keyhole.providers import outgoing
from keyhole.providers.github.revocation import REVOCABLE, revoke_leaked
from keyhole.vault import services as vault


def can_be_revoked(row: Connection) -> bool:
    """Whether GitHub revokes credentials of its kind for whoever holds them."""
    return row.removed_at is None and not row.is_app and CredentialKind(row.kind) in REVOCABLE


def revoke_upstream(caller: Caller, number: int) -> Connection:
    """Have GitHub revoke a connection's credential for good, then remove the connection. It cannot be undone.

    A credential that waits to succeed it is revoked too. InvalidInput for a kind that GitHub does not revoke so;
    GitHubProblem when GitHub could not be told, and the connection then stays; Unavailable when the vault is sealed.
    """
    require(caller, "connection:revoke")
    row = get(caller, number)
    if row.removed_at is not None:
        raise Conflict(
            "This connection was removed, and its credential forgotten.", hint="Revoke it on GitHub."
        )
    if not can_be_revoked(row):
        raise InvalidInput(
            "GitHub does not revoke this kind of credential from here.",
            hint="For a GitHub App, delete its private key in the App's settings on GitHub, or uninstall it.",
        )
    successor = Successor.objects.filter(connection=row).first()
    secrets = [vault.reveal(caller, each.place) for each in (row, successor) if each is not None]
    with transaction.atomic():
        # Before it is asked for: what was done to GitHub must never be missing in the log.
        record(caller, "connection:revoke", row, credentials=len(secrets))
    revoke_leaked(outgoing.configured(), row.instance, secrets)
    return remove(caller, number)
