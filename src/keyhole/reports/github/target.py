"""Writing to one repository on GitHub: with no wider credential than the work takes, and never unrecorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, PermissionDenied
from keyhole.core.permissions import Level, PermissionSet, vocabulary
from keyhole.inspector.report import Verdict, from_json
from keyhole.providers import outgoing
from keyhole.providers.github.client import Answer, GitHub, at
from keyhole.providers.github.repositories import by_id
from keyhole.scans.models import Scan


class NotAllowed(PermissionDenied):
    """The connection's credential is known not to be allowed this; GitHub was not asked."""


@dataclass(frozen=True, slots=True)
class Target:
    """A repository on GitHub, as it is called now."""

    caller: Caller
    scan: Scan
    client: GitHub
    owner: str
    name: str

    def path(self, *parts: str | int) -> str:
        """A path of the API below the repository."""
        return at("repos", self.owner, self.name, *parts)

    def write(self, what: str, method: str, path: str, body: dict[str, Any]) -> Answer:
        """Changes something. It is on record before it is sent, so that nothing is changed unseen."""
        append(
            Draft(
                action="github:write",
                outcome=ALLOWED,
                actor=self.caller.as_actor(),
                subject={
                    "what": what,
                    "scan_id": self.scan.pk,
                    "repository": self.scan.repository.full_name,
                    "repository_id": self.scan.repository_id,
                    "commit": self.scan.commit,
                    "request": f"{method} {path}",
                },
            )
        )
        return self.client.request(method, path, body=body)


@contextmanager
def reached(caller: Caller, scan: Scan, permission: str) -> Iterator[Target]:
    """The scan's repository, to write to with this permission. NotAllowed; GitHubProblem; Conflict."""
    connection, number = scan.repository.connection, scan.repository.remote_id
    if scan.repository.removed_at is not None:
        raise Conflict(
            f"{scan.repository.full_name} is not connected any more.", hint="Take it in again, then scan it."
        )
    if connection is None or number is None or connection.removed_at is not None:
        raise Conflict(
            f"{scan.repository.full_name} was reached through a connection that is removed.",
            hint="Connect GitHub again, and take the repository in with the new connection.",
        )
    _check(connection, permission)
    needs: PermissionSet = {"metadata": Level.READ, permission: Level.WRITE}
    with connections.using(caller, connection, needs=needs) as use:
        credential = use.credential((number,), needs)
        client = GitHub(connection.instance, credential, outgoing.configured(), expires_at=use.expires_at)
        found = by_id(client, number)
        yield Target(caller, scan, client, found.owner_login, found.name)


def _check(connection: Connection, permission: str) -> None:
    """Refuses what is known to be refused. What is not known is left to GitHub, which says exactly what it misses."""
    if not _known_to_lack(connection, permission):
        return
    title = vocabulary().permissions[permission].title
    raise NotAllowed(
        f"The credential of the connection {connection.name!r} lacks {title}: write ({permission}=write).",
        hint=f"Add the permission to it on GitHub, then `keyhole connection check {connection.pk} --thorough`, "
        "and tell GitHub again.",
    )


def _known_to_lack(connection: Connection, permission: str) -> bool:
    if not connection.report:
        return False
    if connection.is_app:
        held = connection.report.get("permissions")
        return isinstance(held, dict) and held.get(permission) not in ("write", "admin")
    try:
        report = from_json(connection.report)
    except InvalidInput:
        return False
    return any(
        each.permission == permission and each.level == Level.WRITE and each.verdict is Verdict.NOT_GRANTED
        for each in report.findings
    )
