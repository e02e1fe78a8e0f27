"""`keyhole api-token`: tokens for programs that use Keyhole's own API."""

from __future__ import annotations

import click

from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole


@click.group("api-token")
def command() -> None:
    """Tokens for Keyhole's own API: new, list, revoke."""


@command.command("new")
@click.argument("name")
@click.option(
    "--action",
    "-a",
    "actions",
    multiple=True,
    metavar="ACTION",
    help="For example scan:read. Repeatable. `keyhole api-token actions` lists them.",
)
@click.option("--days", type=int, default=30, show_default=True, help="Days until it expires.")
@json_option
def new(name: str, actions: tuple[str, ...], days: int, as_json: bool) -> None:
    """Generate an API token. It is printed once, on standard output; everything else goes to standard error."""
    caller = open_keyhole()
    from keyhole.accounts.api_tokens import create

    issued = create(caller, name, actions, days)
    if as_json:
        say_json(
            {
                "id": issued.token.pk,
                "name": issued.token.name,
                "actions": issued.token.actions,
                "expires_at": issued.token.expires_at,
                "token": issued.secret.reveal(),
            }
        )
        return
    click.echo(
        f"Until {issued.token.expires_at:%d %B %Y %H:%M} UTC, it may: {', '.join(issued.token.actions)}. "
        "Nothing else.\nCopy the token now: it is displayed only once.",
        err=True,
    )
    click.echo(issued.secret.reveal())


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List API tokens with what they may do, when they were last used and when they expire."""
    caller = open_keyhole()
    from keyhole.accounts.api_tokens import list_api_tokens

    tokens = list_api_tokens(caller)
    if as_json:
        say_json(
            [
                {
                    "id": token.pk,
                    "name": token.name,
                    "login": token.user.login,
                    "actions": token.actions,
                    "state": token.state,
                    "created_at": token.created_at,
                    "expires_at": token.expires_at,
                    "last_used_at": token.last_used_at,
                    "last_used_address": token.last_used_address,
                }
                for token in tokens
            ]
        )
        return
    table(
        ("ID", "NAME", "LOGIN", "ACTIONS", "LAST USED", "EXPIRES", "STATE"),
        [
            (
                token.pk,
                token.name,
                token.user.login,
                " ".join(token.actions),
                ago(token.last_used_at),
                ago(token.expires_at),
                token.state,
            )
            for token in tokens
        ],
        empty="No API tokens. `keyhole api-token new NAME -a scan:read` generates one.",
    )


@command.command("revoke")
@click.argument("number", metavar="ID", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def revoke_(number: int, yes: bool, as_json: bool) -> None:
    """Revoke an API token at once and for good."""
    caller = open_keyhole()
    from keyhole.accounts.api_tokens import get, revoke

    found = get(caller, number)
    if not yes and not as_json:
        click.confirm(
            f"Revoke {safe(found.name)!r}, last used {ago(found.last_used_at)}? It cannot be undone",
            abort=True,
            err=True,
        )
    found = revoke(caller, number)
    if as_json:
        say_json({"id": found.pk, "name": found.name, "state": found.state})
    else:
        click.echo(f"Revoked {safe(found.name)}. No request with it is allowed any more.")


@command.command("actions")
@json_option
def actions_(as_json: bool) -> None:
    """List the actions that an API token can hold."""
    open_keyhole()
    from keyhole.accounts.api_tokens import GRANTABLE
    from keyhole.core.actions import ACTIONS

    if as_json:
        say_json([{"action": name, "title": ACTIONS[name].title} for name in GRANTABLE])
    else:
        table(("ACTION", "LETS IT"), [(name, ACTIONS[name].title) for name in GRANTABLE], empty="")
