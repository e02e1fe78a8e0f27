"""`keyhole findings`: what the scans found."""

from __future__ import annotations

from typing import BinaryIO

import click

from keyhole.cli.output import ago, count, json_option, say_json, table
from keyhole.cli.session import open_keyhole


class _Findings(click.Group):
    """A group that lists where no other command is named, so that `keyhole findings 12` goes on working."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the command in that was left out."""
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("findings", cls=_Findings)
def command() -> None:
    """What the scans found. Without a command: `list`."""


@command.command("list")
@click.argument("scan", type=int, required=False)
@json_option
def list_(scan: int | None, as_json: bool) -> None:
    """List the findings of the scan with this number; without one, list the scans."""
    caller = open_keyhole()
    from keyhole.scans import services

    if scan is None:
        rows = services.list_scans(caller)
        if as_json:
            say_json(
                [
                    {
                        "id": row.pk,
                        "name": row.name,
                        "repository": row.repository.full_name,
                        "state": row.state,
                        "reason": row.reason,
                        "counters": row.counters,
                        "created_at": row.created_at,
                    }
                    for row in rows
                ]
            )
            return
        table(
            ("SCAN", "NAME", "REPOSITORY", "STATE", "FINDINGS", "STARTED"),
            [
                (
                    row.pk,
                    row.name,
                    row.repository.full_name,
                    row.get_state_display(),
                    row.counters.get("findings", "-"),
                    ago(row.started_at),
                )
                for row in rows
            ],
            empty="No code scans yet. `keyhole scan OWNER/REPO` runs one.",
        )
        return
    found = services.findings(caller, scan)
    if as_json:
        say_json([row.data for row in found])
        return
    table(
        ("SEVERITY", "WHAT", "WHERE", "COMMIT", "NEW"),
        [
            (row.severity, row.title, f"{row.path}:{row.line}", row.commit[:10], "new" if row.new else "")
            for row in found
        ],
        empty="This scan has no findings.",
    )


@command.command("import")
@click.argument("repository", metavar="OWNER/REPO")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--ref", default="", help="Branch or tag that the file is about; default: the repository's HEAD."
)
@click.option("--root", default="", help="Folder that the tool ran in, if it wrote absolute paths.")
@json_option
def import_(repository: str, file: BinaryIO, ref: str, root: str, as_json: bool) -> None:
    """Take in the result of another tool: a SARIF 2.1.0 FILE, or - for standard input.

    It becomes a scan, and its findings are compared and judged like all others.
    """
    caller = open_keyhole()
    from keyhole.repositories.services import by_full_name
    from keyhole.scans.follow import follow
    from keyhole.scans.imported import import_sarif
    from keyhole.scans.sarif_reading import MOST_BYTES

    row = by_full_name(caller, repository)
    scan = import_sarif(caller, row.pk, file.read(MOST_BYTES + 1), ref, root)
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
