"""Exchanging a connection's credential: the new one is checked and kept beside the old one, takes over with its
first successful use, and can be taken back until then. If its first use fails, the old one goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.connections.app_tokens import METADATA, installation_token
from keyhole.connections.models import Connection, Successor
from keyhole.connections.records import locked, recognition, record
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput
from keyhole.core.secret import Secret
from keyhole.providers import outgoing
from keyhole.providers.github.client import GitHub
from keyhole.providers.github.identity import identify
from keyhole.vault import services as vault


@dataclass(frozen=True, slots=True)
class _Known:
    """What GitHub says of a credential that somebody gave."""

    kind: str
    login: str
    expires_at: datetime | None
    report: Mapping[str, Any] = field(default_factory=dict)


def begin_rotation(
    caller: Caller, number: int, credential: Secret, report: Mapping[str, Any] | None = None
) -> Successor:
    """Keep a new credential beside the connection's own, after asking GitHub whether it is alive.

    A successor that waits already is replaced. InvalidInput when there is none, or it is the one in use; Conflict when
    another connection has it; GitHubProblem when GitHub does not take it.
    """
    require(caller, "connection:change")
    row = Connection.objects.filter(pk=number).first() or locked(number)
    if not credential.reveal().strip():
        raise InvalidInput("There is no token to rotate to.", field="credential")
    digest = recognition(credential, row.web, row.installation_id)
    if digest == row.recognition:
        raise InvalidInput(
            "This is the token that the connection uses already.",
            field="credential",
            hint="Generate a new one on GitHub first; the old one goes on working until you delete it there.",
        )
    known = _ask(row, credential)
    with transaction.atomic():
        row = locked(number)
        other = Connection.objects.filter(recognition=digest, removed_at=None).exclude(pk=number).first()
        if other is not None:
            raise Conflict(f"This credential is connected already, as {other.name!r}.")
        _drop(caller, row)
        successor = Successor.objects.create(
            connection=row,
            kind=known.kind,
            login=known.login[:100],
            expires_at=known.expires_at,
            report=dict(report or {}),
            recognition=digest,
            added_at=timezone.now(),
        )
        vault.keep(caller, successor.place, credential)
        record(caller, "connection:rotate", row, step="begin", login=successor.login)
    return successor


def _ask(row: Connection, credential: Secret) -> _Known:
    if row.is_app:
        installation_token(row, credential, (), METADATA)
        return _Known(row.kind, row.login, None)
    identity = identify(GitHub(row.instance, credential, outgoing.configured()))
    return _Known(identity.kind.value, identity.login, identity.expires_at)


def waiting(row: Connection) -> Successor | None:
    """The successor whose first use is still to come; None when there is none, or it has failed."""
    return Successor.objects.filter(connection=row, problem="").first()


def is_rotating(row: Connection) -> bool:
    """Whether a new credential waits for its first use."""
    return waiting(row) is not None


def finish_rotation(caller: Caller, number: int) -> Connection:
    """Let the new credential take over now, without waiting for its first use. Conflict when there is none."""
    require(caller, "connection:change")
    successor = _successor(number)
    promote(caller, successor, vault.reveal(caller, successor.place))
    return Connection.objects.get(pk=number)


def undo_rotation(caller: Caller, number: int) -> Connection:
    """Forget the new credential and stay with the old one. Conflict when there is none any more."""
    require(caller, "connection:change")
    with transaction.atomic():
        row = locked(number)
        _successor(number)
        _drop(caller, row)
        record(caller, "connection:rotate", row, step="undo")
    return row


def _successor(number: int) -> Successor:
    found = Successor.objects.select_related("connection").filter(connection=number).first()
    if found is None:
        raise Conflict(
            "No rotation of this connection is under way.",
            hint="If it was, the new credential has been used, and the old one was forgotten then.",
        )
    return found


def promote(caller: Caller, successor: Successor, credential: Secret) -> None:
    """Put the successor in the connection's place, and forget the old credential, all in one transaction.

    `credential` is the successor's. Harmless when somebody else did it, or took the successor back, in this moment.
    """
    with transaction.atomic():
        row = locked(successor.connection_id)
        found = Successor.objects.filter(pk=successor.pk, connection=row).first()
        if found is None:
            return
        vault.keep(caller, row.place, credential)
        vault.forget(caller, found.place)
        row.kind, row.login, row.expires_at = found.kind, found.login, found.expires_at
        row.recognition = found.recognition
        row.report = found.report  # what was known of the old one is not known of this one
        row.problem = row.reason = row.hint = ""
        row.save()
        found.delete()
        record(caller, "connection:rotate", row, step="finish", login=row.login)


def failed(caller: Caller, successor: Successor, problem: str, reason: str) -> None:
    """Note that the successor's first use failed: it is not tried again, and the old credential goes on."""
    with transaction.atomic():
        row = locked(successor.connection_id)
        changed = Successor.objects.filter(pk=successor.pk, problem="").update(
            problem=problem, reason=reason[:500]
        )
        if changed:
            record(caller, "connection:rotate", row, step="failed", problem=problem, reason=reason[:500])


def _drop(caller: Caller, row: Connection) -> None:
    found = Successor.objects.filter(connection=row).first()
    if found is not None:
        vault.forget(caller, found.place)
        found.delete()
