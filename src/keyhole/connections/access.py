"""Reaching GitHub with a connection, and remembering how that went.

Who does something upstream does it inside `using`: a success is noted (and ends a rotation), a failure that is the
credential's own makes this connection sick, and no other. The credential itself is handed on as a `Secret` and is
never part of what is noted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.connections.app_tokens import METADATA, forget, installation_token
from keyhole.connections.models import BLOCKING, MISSING, Connection, Successor
from keyhole.connections.records import locked, no_such, record
from keyhole.connections.rotation import failed, promote, waiting
from keyhole.connections.usage import note_use
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, NotFound
from keyhole.core.permissions import Level, PermissionSet
from keyhole.core.secret import Secret
from keyhole.providers import outgoing
from keyhole.providers.github.client import GitHub
from keyhole.providers.github.identity import identify
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.vault import services as vault

_NOT_OURS = frozenset({"not_found_or_not_selected", "permission_missing", "role_missing", "moved", "other"})
"""Problems that are about what was asked for, and tell nothing of the credential."""


@dataclass(frozen=True, slots=True)
class Use:
    """A connection's credential in use."""

    connection: Connection
    successor: Successor | None
    """Whose credential it is, if a rotation is under way; None is the connection's own."""
    secret: Secret
    """The token, or the private key of a GitHub App."""

    def github(self, permissions: Mapping[str, Level] = METADATA) -> GitHub:
        """A client. For an App it has the permissions named, on every repository of the installation."""
        credential = self.credential((), permissions)
        return GitHub(self.connection.instance, credential, outgoing.configured(), expires_at=self.expires_at)

    @property
    def expires_at(self) -> datetime | None:
        """When the token ends, as far as is known."""
        return (self.successor or self.connection).expires_at

    def credential(self, repository_ids: Collection[int], permissions: Mapping[str, Level]) -> Secret:
        """What to send for these repositories (GitHub's ids; none is all) and permissions: the token itself, or for
        an App an installation token that can do just this.
        """
        if not self.connection.is_app:
            return self.secret
        return installation_token(self.connection, self.secret, repository_ids, permissions)


@contextmanager
def using(
    caller: Caller, connection: Connection, *, probing: bool = False, needs: PermissionSet = METADATA
) -> Iterator[Use]:
    """The connection for one piece of work. How it ends is noted, errors pass through.

    `needs`: the permissions that the work takes; they count as used when it succeeds.
    `probing`: it is only asked about. Then a credential that waits for its first use goes on waiting: that it lives
    does not prove that it can do the work of the old one. Conflict when the connection is paused, NotFound when it is
    removed, Unavailable when the vault is sealed.
    """
    use = _begin(caller, connection, rotate=not probing)
    try:
        yield use
    except GitHubProblem as problem:
        _note_problem(caller, use, problem)
        raise
    _note_success(caller, use)
    if not probing:
        note_use(use.connection, needs)


def client_for(caller: Caller, connection: Connection) -> GitHub:
    """A client for looking at things. Who has learnt how the credential does tells it with `note_check`."""
    return _begin(caller, connection).github()


def credential_for(
    caller: Caller, connection: Connection, repository_ids: Collection[int], permissions: Mapping[str, Level]
) -> Secret:
    """What to send to GitHub for these repositories and permissions, and nothing wider where that can be had."""
    return _begin(caller, connection).credential(repository_ids, permissions)


def check(caller: Caller, number: int) -> Connection:
    """Ask GitHub whether the credential is alive, note the answer, and return the connection with it.

    Whatever GitHub says is a result and no error. Conflict, when it is paused, and Unavailable as for `using`.
    """
    row = Connection.objects.filter(pk=number, removed_at=None).first()
    if row is None:
        raise no_such()
    identity = None
    try:
        with using(caller, row, probing=True) as use:
            if row.is_app:
                forget(row, use.secret)
                use.github()  # a new token is only given to an App that is still installed
            else:
                identity = identify(use.github())
    except (GitHubProblem, CredentialMissing):
        pass  # noted by `using`
    else:
        if identity is not None:
            note_check(caller, row, Check(expires_at=identity.expires_at, tells_expiry=True))
    row.refresh_from_db()
    return row


@dataclass(frozen=True, slots=True)
class Check:
    """What asking GitHub came to."""

    problem: str = ""
    """Value of a `ProblemKind`; empty when the credential is alive."""
    reason: str = ""
    hint: str = ""
    expires_at: datetime | None = None
    tells_expiry: bool = False
    """Whether `expires_at` is what GitHub said, so that None means no expiration."""
    report: Mapping[str, Any] | None = None
    """A new report of the inspector."""

    @classmethod
    def of(cls, problem: GitHubProblem) -> Check:
        """The check that ended with this problem."""
        return cls(problem.kind.value, problem.message, problem.hint)


def note_check(caller: Caller, connection: Connection, result: Check) -> Connection:
    """Remember what GitHub said of the connection's own credential. On record when it changes what is shown."""
    require(caller, "connection:use")
    with transaction.atomic():
        row = locked(connection.pk)
        before = (row.problem, row.expires_at)
        row.checked_at = timezone.now()
        if result.problem not in _NOT_OURS:
            row.problem, row.reason, row.hint = result.problem, result.reason[:500], result.hint[:500]
        if not result.problem:
            row.used_at = row.checked_at
        if result.tells_expiry:
            row.expires_at = result.expires_at
        if result.report is not None:
            row.report = dict(result.report)
        row.save(update_fields=["checked_at", "problem", "reason", "hint", "used_at", "expires_at", "report"])
        if (row.problem, row.expires_at) != before:
            record(
                caller,
                "connection:check",
                row,
                problem=row.problem,
                reason=row.reason,
                expires_at=row.expires_at.isoformat() if row.expires_at else None,
            )
    return row


def _begin(caller: Caller, connection: Connection, *, rotate: bool = True) -> Use:
    require(caller, "connection:use")
    row = Connection.objects.filter(pk=connection.pk, removed_at=None).first()
    if row is None:
        raise no_such()
    if row.paused_at is not None:
        raise Conflict(
            f"The connection {row.name!r} is paused.",
            hint=f"`keyhole connection pause {row.pk} --off` resumes it.",
        )
    successor = waiting(row) if rotate else None
    place = row.place if successor is None else successor.place
    try:
        return Use(row, successor, vault.reveal(caller, place))
    except NotFound as problem:
        raise _missing(caller, row, successor) from problem


class CredentialMissing(Conflict):
    """The vault does not have the connection's credential any more."""


def _missing(caller: Caller, row: Connection, successor: Successor | None) -> CredentialMissing:
    """The vault drops again, when an older backup is restored, what was dropped since."""
    told = CredentialMissing(
        f"Keyhole does not have the credential of {row.name!r} any more: it was replaced or removed, and then an older "
        "backup was restored.",
        hint="Give it a new one: rotate the connection.",
    )
    if successor is None:
        note_check(caller, row, Check(MISSING, told.message, told.hint))
    else:
        failed(caller, successor, MISSING, told.message)
    return told


def _note_success(caller: Caller, use: Use) -> None:
    if use.successor is not None:
        promote(caller, use.successor, use.secret)
    note_check(caller, use.connection, Check())


def _note_problem(caller: Caller, use: Use, problem: GitHubProblem) -> None:
    if use.connection.is_app and problem.kind is ProblemKind.BAD_CREDENTIALS:
        forget(use.connection, use.secret)
    if use.successor is None:
        note_check(caller, use.connection, Check.of(problem))
    elif problem.kind.value in BLOCKING | _NOT_OURS:
        failed(caller, use.successor, problem.kind.value, problem.message)
