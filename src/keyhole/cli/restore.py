"""`keyhole restore`: a backup in the place of nothing, or of what is there."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.output import count, json_option, safe, say_json
from keyhole.cli.session import use_settings

if TYPE_CHECKING:
    from keyhole.backups.age import Identities, Passphrase
    from keyhole.backups.restore import Unpacked
    from keyhole.backups.settle import Settled


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="KEYHOLE_DATA",
    default="~/.local/share/keyhole",
    show_default=True,
    help="Data folder; overrides KEYHOLE_DATA.",
)
@click.option("--identity", type=click.Path(path_type=Path), help="File with the private key of a recipient.")
@click.option(
    "--replace", is_flag=True, help="Put the data that are there aside, in a folder beside the new ones."
)
@click.option(
    "--keep-tokens",
    is_flag=True,
    help="You vouch that nothing was revoked or removed since the backup, so that nothing needs to be paused.",
)
@json_option
def command(
    file: Path, data: Path, identity: Path | None, replace: bool, keep_tokens: bool, as_json: bool
) -> None:
    """Restore a backup. No server may run on the data folder; a crash leaves the old data or the new, never a mixture.

    The passphrase is asked for, or read from standard input. What was revoked after the backup stays revoked if the
    data that are replaced still know it. If not, every token is paused until an owner resumes it.
    """
    from keyhole.backups.restore import unpacked

    folder = data.expanduser().absolute()
    with unpacked(file, folder, _key(identity), replace=replace) as found:
        settled = _settled(found, keep_tokens)
        aside = found.switch()
    if as_json:
        say_json(
            {
                "data": str(folder),
                "made_at": found.manifest.made_at,
                "records": found.manifest.records,
                "with_keys": found.manifest.with_keys,
                "replaced": str(aside) if aside else None,
                "revocations_known": found.before.continued,
                **asdict(settled),
            }
        )
    else:
        _tell(found, settled, folder, aside)


def _settled(found: Unpacked, keep_tokens: bool) -> Settled:
    # Django opens the folder in which the backup lies, not the one that it will be put into.
    os.environ["KEYHOLE_DATA"] = str(found.folder)
    use_settings()
    import django

    django.setup()
    from keyhole.backups.settle import settle

    return settle(found, keep_tokens=keep_tokens)


def _key(identity: Path | None) -> Passphrase | Identities:
    from keyhole.backups import age
    from keyhole.core.secret import Secret

    if identity is not None:
        return age.identities(identity.expanduser())
    if sys.stdin.isatty():
        return age.Passphrase(Secret(click.prompt("Passphrase of the backup", hide_input=True, err=True)))
    return age.Passphrase(Secret(sys.stdin.readline().rstrip("\r\n")))


def _tell(found: Unpacked, settled: Settled, folder: Path, aside: Path | None) -> None:
    made = found.manifest
    click.echo(
        f"Restored into {folder}: the Keyhole at {safe(made.url)} as it was on {safe(made.made_at)}, "
        f"{count(made.records, 'audit record')}."
    )
    if aside is not None:
        click.echo(f"What was there lies in {aside}. Remove it when all is well: it holds secrets.")
    if settled.revoked or settled.dropped:
        click.echo(
            f"Ended after the backup, and again now: {count(settled.revoked, 'token')}, "
            f"{count(settled.dropped, 'sealed secret')}."
        )
    if settled.paused or settled.held_back or settled.api_tokens:
        click.echo("What was revoked or removed after the backup is not known here, so these wait for you:")
        click.echo(
            f"  {count(settled.paused, 'token')}, paused: `keyhole token list`, then revoke or resume each"
        )
        click.echo(
            f"  {count(settled.held_back, 'sealed secret')}: remove connections that should not be there, "
            "then `keyhole vault release`"
        )
        if settled.api_tokens:
            click.echo(f"  {count(settled.api_tokens, 'API token')}, revoked: make new ones")
    if settled.sealed:
        click.echo(safe(settled.sealed))
    if settled.withdrawn:
        click.echo("Open invitations and links for a new password were withdrawn: send them anew.")
    click.echo(
        "Everybody has to sign in again. Repositories are not in a backup: `keyhole repo refresh` looks for them."
    )
    click.echo("Next: keyhole doctor")
