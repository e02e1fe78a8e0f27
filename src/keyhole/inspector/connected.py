"""Inspecting the credential of a connection again: what it can do now, kept as the connection's report."""

from __future__ import annotations

from keyhole.accounts.services import require
from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.connections.services import Check
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.inspector.asking import Progress
from keyhole.inspector.inspect import inspect
from keyhole.inspector.report import Report
from keyhole.providers import outgoing


def inspect_connection(caller: Caller, number: int, on_progress: Progress | None = None) -> Report:
    """Ask GitHub what a connection's token can do, changing nothing there, and remember the answer. As `look`."""
    row = connections.get(caller, number)
    report = look(caller, row, on_progress)
    keep(caller, row, report)
    return report


def look(caller: Caller, row: Connection, on_progress: Progress | None = None) -> Report:
    """Ask GitHub what a connection's token can do, changing nothing there.

    InvalidInput for a GitHub App, whose permissions GitHub tells anyway. GitHubProblem, noted with the connection, when
    the token is not accepted; Conflict when the connection is paused.
    """
    require(caller, "connection:change")
    if row.is_app:
        raise InvalidInput(
            "A GitHub App is not inspected: GitHub lists the permissions of its installation.",
            hint="`keyhole connection check` asks whether it is alive.",
        )
    with connections.using(caller, row, probing=True) as use:
        return inspect(
            row.instance,
            use.secret,
            outgoing.configured(),
            planned=row.planned_levels,
            owner=row.owner_login,
            on_progress=on_progress,
        )


def keep(caller: Caller, row: Connection, report: Report) -> None:
    """Remember a report as the connection's."""
    found = Check(report=report.as_json(), expires_at=report.expires_at, tells_expiry=True)
    connections.note_check(caller, row, found)
