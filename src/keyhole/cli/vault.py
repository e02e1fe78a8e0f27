"""`keyhole vault`: whether sealed secrets can be opened, and a new key for them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from keyhole.cli.output import count, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.vault.rotation import Rotated
    from keyhole.vault.status import Status


@click.group("vault")
def command() -> None:
    """The sealed secrets: credentials of connections and of notification channels."""


@command.command("status")
@json_option
def status_(as_json: bool) -> None:
    """Whether the vault is open, and under which keys. Exit code 4 when it is sealed."""
    caller = open_keyhole()
    from keyhole.accounts.custody import status

    found = status(caller)
    if as_json:
        say_json({**asdict(found), "unfinished": found.unfinished})
    else:
        _tell(found)
    sys.exit(4 if found.sealed else 0)


def _tell(found: Status) -> None:
    click.echo(safe(found.sentence()))
    if found.hint:
        click.echo(safe(found.hint))
    if found.keys:
        click.echo()
        table(
            ("KEY", "SECRETS", "STATE"),
            [(key_id, used, _state(found, key_id)) for key_id, used in found.keys.items()],
            empty="",
        )
    if found.waiting:
        click.echo("\nRemove what should not be there any more, then: keyhole vault release")
    if found.unfinished:
        click.echo("\nA rotation is not finished. Finish it: keyhole vault rotate")


def _state(found: Status, key_id: str) -> str:
    if key_id in found.missing:
        return f"missing from {found.source}"
    if key_id == found.active:
        return f"active, in {found.source}"
    return f"on its way out, in {found.source}"


@command.command("rotate")
@json_option
def rotate_(as_json: bool) -> None:
    """Make a new key, wrap every secret with it, drop the old one. Beside a running server, too.

    Stopped at any point, it is finished by running it again. Exit code 1 when a secret did not open.
    """
    caller = open_keyhole()
    from keyhole.accounts.custody import rotate

    quiet = as_json or not sys.stderr.isatty()
    done = rotate(caller, _silence if quiet else _progress)
    if not quiet:
        click.echo(err=True)
    if as_json:
        say_json(asdict(done))
    else:
        _tell_rotated(done)
    sys.exit(1 if done.unreadable else 0)


@command.command("release")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def release_(yes: bool, as_json: bool) -> None:
    """Let secrets from a restored backup be used again. Look first at what they belong to."""
    caller = open_keyhole()
    from keyhole.accounts.custody import release

    if not yes:
        click.confirm(
            "Secrets that were dropped after the backup may be among them. Release all", abort=True, err=True
        )
    released = release(caller)
    if as_json:
        say_json({"released": released})
    else:
        click.echo(f"{count(released, 'secret')} released." if released else "No secret was waiting.")


def _silence(_done: int, _of: int) -> None:
    """Progress is for terminals."""


def _progress(done: int, of: int) -> None:
    click.echo(f"\r{done:,} of {count(of, 'secret')}", nl=False, err=True)


def _tell_rotated(done: Rotated) -> None:
    how = "The interrupted rotation is finished" if done.resumed else "The key of the vault is a new one"
    if done.unreadable:
        how = "The rotation is not finished"
    click.echo(f"{how}: {count(done.rewrapped, 'secret')} wrapped with {done.key_id}.")
    for place in done.unreadable:
        click.echo(f"Does not open: {safe(place)}. Enter that secret anew, or remove what it belongs to.")
    if done.unreadable:
        click.echo("The old key stays until then. Afterwards: keyhole vault rotate")
    if done.dropped:
        click.echo(f"Dropped: {', '.join(done.dropped)}. Backups from before still need it.")
    if done.by_hand:
        click.echo(f"Nothing needs {', '.join(done.by_hand)} any more: take it out of KEYHOLE_VAULT_KEYS.")
