"""`keyhole report`: the report of a scan that is kept, or of the findings that are open."""

from __future__ import annotations

from pathlib import Path

import click

from keyhole.cli.output import json_option, not_empty
from keyhole.cli.reporting import check_output, format_option, output_option, write_report
from keyhole.cli.session import open_keyhole


@click.command("report")
@click.argument("scan", type=int, required=False)
@click.option(
    "--severity",
    multiple=True,
    type=click.Choice(("critical", "high", "medium", "low")),
    help="Without SCAN: only such findings.",
)
@click.option(
    "--repo", default="", callback=not_empty, metavar="OWNER/REPO", help="Without SCAN: only its findings."
)
@format_option
@output_option
@json_option
def command(
    scan: int | None,
    severity: tuple[str, ...],
    repo: str,
    form: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Write the report of the scan with this number; without one, of the open findings of all repositories.

    --json is short for --format json.
    """
    if scan is not None and (severity or repo):
        raise click.UsageError("--severity and --repo are for a report over findings: leave out the scan.")
    if as_json and form not in ("text", "json"):
        raise click.UsageError(f"--json is short for --format json: leave it or --format {form} out.")
    form = "json" if as_json else form
    check_output(form, output)
    caller = open_keyhole()
    from keyhole.findings.filtering import ProblemFilter
    from keyhole.reports import services
    from keyhole.repositories.services import by_full_name

    if scan is not None:
        report = services.of_scan(caller, scan)
    else:
        places = (by_full_name(caller, repo).pk,) if repo else ()
        report = services.of_filter(caller, ProblemFilter(severity=severity, repository=places))
    write_report(report, form, output)
