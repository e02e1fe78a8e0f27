"""`keyhole approval`: tokens that wait for somebody to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.tokens.approvals import Request


@click.group("approval")
def command() -> None:
    """Tokens that wait for approval: list, approve, deny."""


def _as_dict(each: Request) -> dict[str, object]:
    return {
        "token_id": each.token.pk,
        "name": each.token.name,
        "login": each.token.user.login,
        "requested_at": each.requested_at,
        "decision": each.decision or None,
        "reason": each.reason,
        "decided_by": each.decided_by or None,
        "decided_at": each.decided_at,
    }


@command.command("list")
@click.option("--decided", is_flag=True, help="Show the newest decisions instead of what waits.")
@json_option
def list_(decided: bool, as_json: bool) -> None:
    """List what waits, oldest first."""
    caller = open_keyhole()
    from keyhole.tokens.approvals import list_requests

    rows = list_requests(caller, decided=decided)
    if as_json:
        say_json([_as_dict(each) for each in rows])
        return
    table(
        ("TOKEN", "NAME", "ASKED BY", "ASKED", "DECISION", "REASON"),
        [
            (
                each.token.pk,
                each.token.name,
                each.token.user.login,
                ago(each.requested_at),
                each.decision or "waits",
                each.reason,
            )
            for each in rows
        ],
        empty="Nothing was decided yet." if decided else "No token waits for approval.",
    )


@command.command("approve")
@click.argument("token", type=int, metavar="TOKEN")
@click.option("--reason", default="", help="Read by whoever asked; kept in the audit log.")
@json_option
def approve_(token: int, reason: str, as_json: bool) -> None:
    """Let a token do what it was asked for. `keyhole token show TOKEN` tells what that is."""
    caller = open_keyhole()
    from keyhole.tokens.approvals import approve

    _tell(approve(caller, token, reason), as_json)


@command.command("deny")
@click.argument("token", type=int, metavar="TOKEN")
@click.option("--reason", required=True, help="Read by whoever asked; kept in the audit log.")
@json_option
def deny_(token: int, reason: str, as_json: bool) -> None:
    """Refuse a token, for good."""
    caller = open_keyhole()
    from keyhole.tokens.approvals import deny

    _tell(deny(caller, token, reason), as_json)


def _tell(each: Request, as_json: bool) -> None:
    if as_json:
        say_json(_as_dict(each))
    else:
        click.echo(f"{safe(each.token.name)} of {safe(each.token.user.login)} is {each.decision}.")
