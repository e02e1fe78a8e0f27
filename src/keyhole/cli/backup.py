"""`keyhole backup`: everything that Keyhole keeps, in one sealed file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.output import count, json_option, say_json
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.backups.age import Passphrase


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    metavar="age1...",
    help="Seal it for the holder of this key instead of with a passphrase; may be given several times.",
)
@click.option("--without-keys", is_flag=True, help="Leave the keys of the vault out.")
@json_option
def command(file: Path, recipients: tuple[str, ...], without_keys: bool, as_json: bool) -> None:
    """Write everything that Keyhole keeps into FILE, encrypted with age. Keyhole may be running.

    The passphrase is asked for, or read from standard input. In the file are the database, the keys of the vault and
    the other secrets, the end of the audit log, and what was revoked; not in it are the repositories.
    """
    caller = open_keyhole()
    from keyhole.backups import age
    from keyhole.backups.make import make

    lock = age.recipients(recipients) if recipients else _new_passphrase()
    made = make(caller, file.expanduser().absolute(), lock, with_keys=not without_keys)
    if as_json:
        say_json(
            {
                "file": str(made.path),
                "size": made.size,
                "records": made.records,
                "with_keys": made.with_keys,
                "keys_elsewhere": made.keys_elsewhere,
            }
        )
        return
    click.echo(
        f"{made.path} holds everything up to now: {made.size:,} bytes, {count(made.records, 'audit record')}."
    )
    if made.keys_elsewhere:
        click.echo("The keys of the vault are not in it: keep KEYHOLE_VAULT_KEYS in another place.")
    elif without_keys:
        click.echo("The keys of the vault are not in it: keep vault.keys in another place.")
    click.echo("Restore it with: keyhole restore FILE")


def _new_passphrase() -> Passphrase:
    from keyhole.backups.age import check_passphrase
    from keyhole.core.secret import Secret

    if sys.stdin.isatty():
        text = click.prompt("Passphrase for the backup", hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    return check_passphrase(Secret(text))
