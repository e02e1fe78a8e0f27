"""What people do with connections: connect, look at, rename, pause, remove. The rooms beside this one:
`access` reaches GitHub with a connection, `rotation` exchanges its credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.connections.access import Check, Use, check, client_for, credential_for, note_check, using
from keyhole.connections.models import APP, Connection
from keyhole.connections.records import locked, no_such, one_line, recognition, record
from keyhole.connections.rotation import begin_rotation, finish_rotation, is_rotating, undo_rotation
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput
from keyhole.core.names import owner_name
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.providers.github.instance import Instance
from keyhole.vault import services as vault

__all__ = [
    "Check",
    "ConnectionSpec",
    "Use",
    "begin_rotation",
    "by_name",
    "check",
    "client_for",
    "connect",
    "credential_for",
    "finish_rotation",
    "get",
    "is_rotating",
    "list_connections",
    "note_check",
    "pause",
    "remove",
    "rename",
    "resume",
    "set_take_all",
    "undo_rotation",
    "using",
]

_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """A credential that has been checked, and what is known of it."""

    name: str
    """At most 100 characters, unique among the connections; empty takes one from owner and instance."""
    instance: Instance
    credential: Secret
    """The token; for a GitHub App its private key (PEM)."""
    kind: str
    """`core.github_credentials.CredentialKind`, or `app`."""
    owner_login: str
    """The resource owner whose repositories it is for."""
    planned: Mapping[str, Level] = field(default_factory=dict)
    """Permissions as planned."""
    report: Mapping[str, object] = field(default_factory=dict)
    """The inspector's report as JSON."""
    expires_at: datetime | None = None
    login: str = ""
    """The account that the token acts as."""
    app_id: int | None = None
    installation_id: int | None = None


def connect(caller: Caller, spec: ConnectionSpec) -> Connection:
    """Seal a credential and keep it as a connection. Nothing is asked of GitHub: that was done before.

    InvalidInput, naming the field; Conflict when the credential, or the name, is connected already; Unavailable when
    the vault is sealed. Nothing is kept then.
    """
    user = require(caller, "connection:create")
    owner = owner_name(spec.owner_login.strip())
    if not spec.credential.reveal().strip():
        raise InvalidInput("There is no token to connect.", field="credential")
    if spec.kind == APP and (spec.app_id is None or spec.installation_id is None):
        raise InvalidInput("A GitHub App needs its id and an installation.", field="installation")
    name = one_line("name", spec.name, _NAME_LENGTH) or f"{owner} on {spec.instance.name}"[:_NAME_LENGTH]
    digest = recognition(spec.credential, spec.instance.web, spec.installation_id)
    try:
        with transaction.atomic():
            _refuse_known(digest)
            row = Connection.objects.create(
                name=name,
                instance_kind=spec.instance.kind.value,
                web=spec.instance.web,
                api=spec.instance.api,
                version=spec.instance.version,
                kind=str(spec.kind),
                owner_login=owner,
                login=spec.login[:100],
                planned={key: level.word for key, level in spec.planned.items()},
                report=dict(spec.report),
                expires_at=spec.expires_at,
                recognition=digest,
                app_id=spec.app_id,
                installation_id=spec.installation_id,
                created_by=user,
                checked_at=timezone.now() if spec.report else None,
            )
            vault.keep(caller, row.place, spec.credential)
            record(
                caller,
                "connection:create",
                row,
                login=row.login,
                planned=row.planned,
                expires_at=row.expires_at.isoformat() if row.expires_at else None,
            )
    except IntegrityError as problem:
        raise Conflict(
            f"There is a connection called {name!r} already.", hint="Choose another name for this one."
        ) from problem
    return row


def _refuse_known(digest: str) -> None:
    known = Connection.objects.filter(recognition=digest, removed_at=None).first()
    if known is not None:
        raise Conflict(
            f"This credential is connected already, as {known.name!r}.",
            hint="Use that connection; a second one would have to be rotated and removed with it.",
        )


def list_connections(caller: Caller, *, include_removed: bool = False) -> list[Connection]:
    """Every connection, by name."""
    require(caller, "connection:read")
    rows = Connection.objects.select_related("successor", "created_by__owner").order_by("name")
    return list(rows if include_removed else rows.filter(removed_at=None))


def get(caller: Caller, number: int) -> Connection:
    """One connection, removed ones too. NotFound when there is none with this id."""
    require(caller, "connection:read")
    rows = Connection.objects.select_related("successor", "created_by__owner")
    row = rows.filter(pk=number).first() if 0 < number < 2**63 else None
    if row is None:
        raise no_such()
    return row


def by_name(caller: Caller, text: str) -> Connection:
    """One connection that is not removed, by its name or id, as people type it."""
    require(caller, "connection:read")
    rows = Connection.objects.filter(removed_at=None).select_related("successor", "created_by__owner")
    row = rows.filter(name=text).first()
    if row is None and text.isascii() and text.isdigit() and len(text) <= 18:
        row = rows.filter(pk=int(text)).first()
    if row is None:
        raise no_such()
    return row


def rename(caller: Caller, number: int, name: str) -> Connection:
    """Give a connection another name. Conflict when another one has it."""
    require(caller, "connection:change")
    new = one_line("name", name, _NAME_LENGTH)
    if not new:
        raise InvalidInput("A connection needs a name.", field="name")
    try:
        with transaction.atomic():
            row = locked(number)
            before, row.name = row.name, new
            row.save(update_fields=["name"])
            record(caller, "connection:change", row, before=before)
    except IntegrityError as problem:
        raise Conflict(f"There is a connection called {new!r} already.") from problem
    return row


def pause(caller: Caller, number: int) -> Connection:
    """Stop using a connection, keeping its credential sealed, until it is resumed. Doing it twice is harmless."""
    require(caller, "connection:change")
    with transaction.atomic():
        row = locked(number)
        if row.paused_at is None:
            row.paused_at = timezone.now()
            row.save(update_fields=["paused_at"])
            record(caller, "connection:pause", row)
    return row


def resume(caller: Caller, number: int) -> Connection:
    """Use a paused connection again. Doing it twice is harmless."""
    require(caller, "connection:change")
    with transaction.atomic():
        row = locked(number)
        if row.paused_at is not None:
            row.paused_at = None
            row.save(update_fields=["paused_at"])
            record(caller, "connection:resume", row)
    return row


def remove(caller: Caller, number: int) -> Connection:
    """Forget a connection's credential, at once and for good; its row stays for the audit log.

    The token itself goes on being valid on GitHub until it is revoked there. What stops working with it is told by
    `repositories.github.taken_in`.
    """
    require(caller, "connection:change")
    with transaction.atomic():
        row = locked(number)
        successor = getattr(row, "successor", None)
        if successor is not None:
            vault.forget(caller, successor.place)
            successor.delete()
        vault.forget(caller, row.place)
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        record(caller, "connection:remove", row)
    return row


def set_take_all(caller: Caller, number: int, take_all: bool) -> Connection:
    """Whether repositories that the connection comes to reach are taken in without asking."""
    require(caller, "connection:change")
    with transaction.atomic():
        row = locked(number)
        if row.take_all != take_all:
            row.take_all = take_all
            row.save(update_fields=["take_all"])
            record(caller, "connection:change", row, take_all=take_all)
    return row
