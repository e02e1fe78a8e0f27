"""Taking in what other tools found."""

from __future__ import annotations

from typing import BinaryIO

import click

from keyhole.cli.output import count, json_option, not_empty, say_json
from keyhole.cli.session import open_keyhole


@click.command("import")
@click.argument("repository", metavar="OWNER/REPO")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--ref", default="", help="Branch or tag that the file is about; default: the repository's HEAD."
)
@click.option("--root", default="", help="Folder that the tool ran in, if it wrote absolute paths.")
@click.option(
    "--environment",
    "-e",
    default="",
    callback=not_empty,
    metavar="NAME",
    help="What its findings are measured by.",
)
@json_option
def import_(repository: str, file: BinaryIO, ref: str, root: str, environment: str, as_json: bool) -> None:
    """Take in the result of another tool: a SARIF 2.1.0 FILE, or - for standard input.

    It becomes a scan, and its findings are compared and judged like all others.
    """
    caller = open_keyhole()
    from keyhole.repositories.services import by_full_name
    from keyhole.scans.follow import follow
    from keyhole.scans.imported import import_sarif
    from keyhole.scans.sarif_reading import MOST_BYTES
    from keyhole.scans.services import environment_named

    row = by_full_name(caller, repository)
    measure = environment_named(caller, environment)
    scan = import_sarif(caller, row.pk, file.read(MOST_BYTES + 1), ref, root, measure)
    for now in follow(caller, scan.pk):
        scan = now
    if as_json:
        say_json({"scan": scan.pk, "state": scan.state, "reason": scan.reason, "counters": scan.counters})
        return
    number = count(scan.counters.get("findings", 0), "finding")
    click.echo(f"Scan {scan.pk} of {row.full_name}: {number}, {scan.get_state_display().lower()}.")
    if scan.reason:
        click.echo(scan.reason)
    click.echo(f"`keyhole findings {scan.pk}` lists them.")


COMMANDS = (import_,)
