"""`keyhole evidence`: packs that show somebody else how a scan was done, and checking them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import json_option, not_empty, say_json
from keyhole.cli.reporting import check_output, write_file
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.reports.models import EvidenceKey


@click.group("evidence")
def command() -> None:
    """Evidence packs: what a scan read, how, and what it found, signed, to be checked without Keyhole."""


@command.command("make")
@click.argument("scan", type=int)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The file; default: keyhole-evidence-SCAN.zip here.",
)
@json_option
def make(scan: int, output: Path | None, as_json: bool) -> None:
    """Make the evidence pack of the scan with this number."""
    target = output or Path(f"keyhole-evidence-{scan}.zip")
    check_output("zip", target)
    caller = open_keyhole()
    from keyhole.reports.evidence.pack import make as made

    pack = made(caller, scan)
    write_file(target, pack.body)
    if as_json:
        say_json({"file": str(target), "sha256": pack.sha256, "key": pack.fingerprint})
        return
    click.echo(f"Wrote {target} ({len(pack.body):,} bytes), SHA-256 {pack.sha256}.")
    click.echo(f"Signed with the key {pack.fingerprint}.")
    click.echo("Tell whoever checks it that fingerprint on another way than the pack.")


@command.command("key")
@click.option("--new", is_flag=True, help="Make a new key, and sign with it from now on.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def key(new: bool, yes: bool, as_json: bool) -> None:
    """Print the public key that packs are signed with, for `--key` of whoever checks them.

    The key goes to standard output, its fingerprint to standard error. The private part never leaves the vault.
    """
    caller = open_keyhole()
    from keyhole.reports.evidence import key as keys

    if new:
        if not yes:
            click.confirm(
                "Everybody who checks packs needs the new fingerprint. Make a new key", abort=True, err=True
            )
        keys.replace(caller)
    found = keys.current(caller)
    shown = _as_dict(found)
    if as_json:
        retired = [_as_dict(each) for each in keys.known(caller) if not each.active]
        say_json({**shown, "retired": retired})
        return
    click.echo(shown["public_key"], nl=False)
    click.echo(f"Fingerprint (SHA-256): {found.fingerprint}", err=True)


def _as_dict(key: EvidenceKey) -> dict[str, Any]:
    from keyhole.reports.evidence.verify import pem_of

    return {
        "fingerprint": key.fingerprint,
        "public_key": pem_of(bytes.fromhex(key.public)),
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }


@command.command("verify")
@click.argument("pack", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key",
    "trusted",
    default="",
    callback=not_empty,
    metavar="FINGERPRINT|FILE",
    help="The key that it must be signed by.",
)
@json_option
def verify(pack: Path, trusted: str, as_json: bool) -> None:
    """Check a pack: that nothing was changed, added or left out, and who signed it. Needs no server and no database.

    Exit codes: 0 whole and signed by that key, 1 not, 2 no key was given.
    """
    from keyhole.reports.evidence import verify as verifier

    try:
        fingerprint = verifier.key_from(trusted) if trusted else ""
    except (OSError, ValueError) as problem:
        raise click.UsageError(
            f"{trusted} is neither a fingerprint (64 hexadecimal digits) nor a file with a public key."
        ) from problem
    report = verifier.check(pack.read_bytes(), fingerprint)
    code = verifier.exit_code(report, fingerprint)
    if as_json:
        say_json({**report._asdict(), "trusted": bool(fingerprint), "ok": code == 0})
    else:
        click.echo("\n".join(verifier.lines_of(report, fingerprint)))
    sys.exit(code)
