"""`keyhole vex`: what somebody else decided about vulnerabilities, taken over."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from keyhole.cli.output import count, json_option, safe, say_json
from keyhole.cli.session import open_keyhole


@click.group("vex")
def command() -> None:
    """Decisions about vulnerabilities, as OpenVEX documents. `keyhole report SCAN --format openvex` writes one."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Take over the decisions of an OpenVEX document (- is standard input).

    A statement `not_affected` about a repository here, or about a package by itself, becomes a decision, a false
    positive, which can be taken back like any other: `keyhole findings undo ID`. The newest statement counts. What is
    left out is listed with its reason.
    """
    caller = open_keyhole()
    from keyhole.reports import vex

    document = sys.stdin.buffer.read(vex.LARGEST + 1) if str(file) == "-" else _read(file, vex.LARGEST)
    taken = vex.take_in(caller, document)
    if as_json:
        say_json(
            {
                "decisions": [row.pk for row in taken.decisions],
                "taken_back": [row.pk for row in taken.taken_back],
                "left_out": taken.left_out,
            }
        )
        return
    for why in taken.left_out:
        click.echo(f"Left out: {safe(why)}", err=True)
    numbers = ", ".join(str(row.pk) for row in taken.decisions)
    if taken.taken_back:
        old = ", ".join(str(row.pk) for row in taken.taken_back)
        click.echo(
            f"{count(len(taken.taken_back), 'earlier decision')} taken back, as a newer statement counts: {old}."
        )
    click.echo(f"{count(len(taken.decisions), 'decision')} made{': ' + numbers if numbers else ''}.")


def _read(file: Path, most: int) -> bytes:
    with file.open("rb") as stream:
        return stream.read(most + 1)
