"""`keyhole watch`: what expires soon, and whether the connections to GitHub are alive."""

from __future__ import annotations

import sys

import click

from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole


@click.group("watch")
def command() -> None:
    """The watch: expirations, and the daily question whether connections are alive."""


@command.command("status")
@json_option
def status(as_json: bool) -> None:
    """Say what expires within 30 days and how each connection answered last.

    Ends with 1 if something has expired, or a connection is not taken by GitHub.
    """
    caller = open_keyhole()
    from keyhole.integrations.watch import outlook

    coming, rows, failing = outlook.expirations(caller), outlook.watched(caller), outlook.failing(caller)
    if as_json:
        say_json(
            {
                "expirations": [
                    {
                        "what": each.what,
                        "name": each.name,
                        "expires_at": each.expires_at,
                        "expired": each.over,
                    }
                    for each in coming
                ],
                "connections": [
                    {
                        "id": each.connection.pk,
                        "name": each.connection.name,
                        "state": each.connection.state.value,
                        "reason": each.connection.reason,
                        "asked_at": each.asked_at,
                        "outcome": each.outcome,
                        "next_at": each.next_at,
                    }
                    for each in rows
                ],
            }
        )
    else:
        table(
            ("EXPIRES", "WHAT", "NAME"),
            [(ago(each.expires_at), each.what, each.name) for each in coming],
            empty="Nothing expires within 30 days.",
        )
        click.echo("")
        table(
            ("CONNECTION", "STATE", "ASKED", "OUTCOME", "NEXT"),
            [
                (
                    each.connection.name,
                    each.connection.state.words,
                    ago(each.asked_at),
                    each.outcome or each.connection.reason or "not asked by the watch yet",
                    ago(each.next_at, never="when a server runs"),
                )
                for each in rows
            ],
            empty="No connections to watch.",
        )
    if any(each.over for each in coming) or any(row.state != "troubled" for row in failing):
        sys.exit(1)


@command.command("check")
@click.argument("connection", metavar="ID|NAME")
@json_option
def check(connection: str, as_json: bool) -> None:
    """Ask GitHub now whether a connection is alive, as the watch does once a day.

    Ends with 1 if GitHub does not take its credential, with 4 if GitHub could not be asked.
    """
    caller = open_keyhole()
    from keyhole.connections.models import State
    from keyhole.connections.services import by_name, get
    from keyhole.integrations.watch.probes import probe_now

    number = by_name(caller, connection).pk
    outcome = probe_now(number)
    row = get(caller, number)
    if as_json:
        say_json({"id": row.pk, "name": row.name, "state": row.state.value, "outcome": outcome})
    else:
        click.echo(f"{safe(row.name)}: {outcome}")
        if row.problem and row.hint:
            click.echo(row.hint, err=True)
    if row.state in (State.SICK, State.EXPIRED, State.TROUBLED):
        sys.exit(4 if row.state is State.TROUBLED else 1)
