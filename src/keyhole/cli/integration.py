"""`keyhole integration`: the register of external systems that hold a token."""

from __future__ import annotations

import click

from keyhole.cli.describe import as_dict, permission_words
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
        say_json([{**as_dict(row.token), "health": row.health.value} for row in rows])
        return
    table(
        ("INTEGRATION", "REACHES", "PERMISSIONS", "LAST USED", "EXPIRES", "HEALTH"),
        [
            (
                row.token.name,
                row.reach,
                permission_words(row.token),
                ago(row.token.last_used_at),
                ago(row.token.expires_at),
                row.health.value,
            )
            for row in rows
        ],
        empty="No integrations yet. A token that you generate for a tool appears here.",
    )
