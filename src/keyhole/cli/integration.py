"""`keyhole integration`: the register of external systems that hold a token."""

from __future__ import annotations

from dataclasses import asdict

import click

from keyhole.cli.output import ago, json_option, say_json, table
from keyhole.cli.session import open_keyhole


@click.group("integration")
def command() -> None:
    """Integrations: which external system holds which token."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List every integration with its token, reach, last use and expiration."""
    caller = open_keyhole()
    from keyhole.integrations.services import register

    rows = register(caller)
    if as_json:
        say_json([asdict(row) for row in rows])
        return
    table(
        ("INTEGRATION", "REPOSITORIES", "PERMISSIONS", "LAST USED", "EXPIRES", "HEALTH"),
        [
            (
                row.name,
                row.repositories,
                row.permissions,
                ago(row.last_used_at),
                ago(row.expires_at),
                row.health,
            )
            for row in rows
        ],
        empty="No integrations yet. A token that you generate for a tool appears here.",
    )
