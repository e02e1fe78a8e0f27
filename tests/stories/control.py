"""A second process on the server's data folder that does what people do: one JSON command a line, one answer a line.

A process of its own, because Django's settings read the environment once and stories start several servers.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import django
from django.utils import timezone

django.setup()

from keyhole.accounts.services import local_caller  # noqa: E402
from keyhole.audit import explain as explaining  # noqa: E402
from keyhole.audit.verify import verify  # noqa: E402
from keyhole.connections import services as connections  # noqa: E402
from keyhole.core.errors import KeyholeError  # noqa: E402
from keyhole.core.grant import Access  # noqa: E402
from keyhole.core.permissions import Level  # noqa: E402
from keyhole.core.secret import Secret  # noqa: E402
from keyhole.integrations.models import Reminder, Task, TaskKind  # noqa: E402
from keyhole.integrations.watch import schedule  # noqa: E402
from keyhole.jobs import engine  # noqa: E402
from keyhole.providers import outgoing  # noqa: E402
from keyhole.providers.github.instance import instance_at  # noqa: E402
from keyhole.repositories import services as repositories  # noqa: E402
from keyhole.tokens import lifecycle  # noqa: E402
from keyhole.tokens import services as tokens  # noqa: E402
from keyhole.tokens.models import Token  # noqa: E402


def connect(folder: str, owner: str = "local") -> dict[str, int]:
    """Connect a folder; returns full name -> id of everything connected."""
    caller = local_caller()
    repositories.connect_folder(caller, folder, owner)
    return {row.full_name: row.pk for row in repositories.list_repositories(caller)}


def token(
    owner: str,
    name: str,
    permissions: dict[str, str],
    repository_ids: list[int] | None = None,
    access: str = "selected",
    days: int | None = 30,
) -> dict[str, Any]:
    """Generate a token; returns its id and text."""
    issued = tokens.generate(
        local_caller(),
        tokens.TokenSpec(
            name=name,
            owner_login=owner,
            expires_in_days=days,
            access=Access(access),
            repository_ids=frozenset(repository_ids or ()),
            permissions={key: Level.parse(word) for key, word in permissions.items()},
        ),
    )
    return {"id": issued.token.pk, "text": issued.secret.reveal()}


def revoke(number: int) -> None:
    """Revoke a token."""
    tokens.revoke(local_caller(), number)


def rotate(number: int) -> str:
    """Rotate a token with overlap; returns the new text."""
    return lifecycle.rotate(local_caller(), number).secret.reveal()


def pause(number: int) -> None:
    """Pause a token."""
    lifecycle.pause(local_caller(), number)


def resume(number: int) -> None:
    """Let a paused token go on."""
    lifecycle.resume(local_caller(), number)


def sealed_connection(name: str, github: str, token: str, owner: str) -> int:
    """Connect a token of a GitHub; returns the connection's id."""
    spec = connections.ConnectionSpec(
        name, instance_at(github, outgoing.configured()), Secret(token), "fine_grained", owner
    )
    return connections.connect(local_caller(), spec).pk


def probe(number: int) -> None:
    """Let the time come at which the watch asks GitHub about a connection; a worker of the server's does it."""
    engine.enqueue(TaskKind.PROBE.value, schedule.hurry(TaskKind.PROBE, number))


def expires(number: int, days: float) -> None:
    """Move a token's life, so that it was generated long ago and ends in so many days."""
    now = timezone.now()
    Token.objects.filter(pk=number).update(
        created_at=now - timedelta(days=90), expires_at=now + timedelta(days=days)
    )


def remind() -> None:
    """Let the time come at which the watch looks for expirations."""
    engine.enqueue(TaskKind.REMIND.value, schedule.hurry(TaskKind.REMIND, 0))


def tasks_done(kind: str) -> int:
    """How many tasks of the watch were ended."""
    return Task.objects.filter(kind=kind).exclude(done_at=None).count()


def reminded() -> list[list[int]]:
    """Every reminder that was sent: the token's id and how many days before."""
    rows = Reminder.objects.filter(sent=True).order_by("pk")
    return [list(pair) for pair in rows.values_list("subject", "days")]


def set_public(number: int, public: bool) -> None:
    """Make a repository public or private."""
    repositories.set_public(local_caller(), number, public)


def explain(number: str) -> str:
    """The explanation of an id, as text."""
    return explaining.explain(number).text()


def audit_ok() -> bool:
    """Whether the audit log verifies."""
    return verify().ok


_COMMANDS = {
    function.__name__: function
    for function in (
        connect,
        token,
        revoke,
        rotate,
        pause,
        resume,
        sealed_connection,
        probe,
        expires,
        remind,
        tasks_done,
        reminded,
        set_public,
        explain,
        audit_ok,
    )
}


def main() -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        command, arguments = json.loads(line)
        try:
            answer = {"value": _COMMANDS[command](**arguments)}
        except KeyholeError as problem:
            answer = {"error": f"{type(problem).__name__}: {problem.message}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
