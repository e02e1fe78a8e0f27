"""`keyhole findings`: what the scans found, and what is decided about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from keyhole.cli.findings import deciding, importing, looking
from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole
from keyhole.core.plural import counted

if TYPE_CHECKING:
    from keyhole.scans.models import Scan


class _Numbered(click.Group):
    """A group that still takes the number of a scan in the place of a command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0].isdigit():
            return "scan", self.get_command(ctx, "scan"), args
        return super().resolve_command(ctx, args)


@click.group("findings", cls=_Numbered, invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Findings of the scans that are kept; without a command, the scans.

    `keyhole findings NUMBER` lists what one scan found. `list` looks through all scans: there a finding is one row
    for as long as it lives, with what was decided about it.
    """
    if ctx.invoked_subcommand is None:
        _scans(as_json)


def _scans(as_json: bool) -> None:
    caller = open_keyhole()
    from keyhole.scans import services

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


@command.command("scan", hidden=True)
@click.argument("number", type=int)
@json_option
def scan(number: int, as_json: bool) -> None:
    """List what the scan with this number found."""
    caller = open_keyhole()
    from keyhole.scans import services

    found, told = services.findings(caller, number), _told(services.get(caller, number))
    if as_json:
        say_json([row.data for row in found])
        _warn(told)
        return
    listed = found.filter(shown_as="")
    table(
        ("SEVERITY", "WHAT", "WHERE", "COMMIT", "NEW"),
        [(row.severity, row.title, row.where, row.commit[:10], "new" if row.new else "") for row in listed],
        empty=told.words,
    )
    if merged := len(found) - len(listed):
        says = "say" if merged > 1 else "says"
        click.echo(f"{counted(merged, 'more finding')} {says} the same as one of these.", err=True)
    if listed:
        _warn(told)


class _Told(NamedTuple):
    words: str
    complete: bool


def _told(scan: Scan) -> _Told:
    """What a scan came to. That nothing is listed means something only for one that saw everything."""
    from keyhole.scans.models import State
    from keyhole.scans.summary import summarize

    verdict = summarize(scan).verdict
    return _Told(f"{verdict} {safe(scan.reason)}".strip(), scan.state == State.COMPLETE)


def _warn(told: _Told) -> None:
    if not told.complete:
        click.echo(told.words, err=True)


for _each in (*looking.COMMANDS, *deciding.COMMANDS, *importing.COMMANDS):
    command.add_command(_each)
