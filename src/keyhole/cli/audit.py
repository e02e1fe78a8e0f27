"""`keyhole audit`: verify the hash chain, export the entries."""

from __future__ import annotations

import sys
from typing import TextIO

import click

from keyhole.cli.output import json_option, say_json
from keyhole.cli.session import open_keyhole


@click.group("audit")
def command() -> None:
    """The audit log: every allowed act and every denial, hash-chained."""


@command.command("verify")
@json_option
def verify_(as_json: bool) -> None:
    """Check that no entry was changed, removed or reordered. Exit code 1 when one was."""
    open_keyhole()
    from dataclasses import asdict

    from keyhole.audit.verify import verify

    report = verify()
    if as_json:
        say_json(asdict(report))
    elif report.ok:
        click.echo(f"The chain of {report.entries:,} entries is whole. Head: {report.head}")
    else:
        click.echo(
            f"The chain is broken at entry {report.broken_at}. Entries from there on cannot be trusted."
        )
    sys.exit(0 if report.ok else 1)


@command.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv"]),
    default="json",
    show_default=True,
    help="json is one object a line.",
)
@click.option(
    "--output", type=click.File("w", encoding="utf-8"), default="-", help="A file; default: standard output."
)
def export_(form: str, output: TextIO) -> None:
    """Write every entry, oldest first."""
    open_keyhole()
    from keyhole.audit.export import export

    export(output, form)


@command.command("accept-clock")
@click.option("--yes", is_flag=True, help="Do not ask.")
def accept_clock_(yes: bool) -> None:
    """Declare the machine's clock right after it went back. Only needed when Keyhole says so."""
    caller = open_keyhole()
    from keyhole.accounts.clock import accept_clock

    if not yes:
        click.confirm(
            "Tokens that expired meanwhile may be valid again. Is the clock right now", abort=True, err=True
        )
    click.echo(f"The clock counts from now on. On record as {accept_clock(caller)}.")
