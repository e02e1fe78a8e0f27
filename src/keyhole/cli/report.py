"""`keyhole report`: the report of a scan that is kept."""

from __future__ import annotations

from pathlib import Path

import click

from keyhole.cli.output import json_option
from keyhole.cli.reporting import check_output, format_option, output_option, write_report
from keyhole.cli.session import open_keyhole


@click.command("report")
@click.argument("scan", type=int)
@format_option
@output_option
@json_option
def command(scan: int, form: str, output: Path | None, as_json: bool) -> None:
    """Write the report of the scan with this number.

    `keyhole findings` lists the scans. --json is short for --format json.
    """
    form = "json" if as_json else form
    check_output(form, output)
    caller = open_keyhole()
    from keyhole.reports.services import of_scan

    write_report(of_scan(caller, scan), form, output)
