"""Writing reports: the options that say in which format and to where, and the writing."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.output import F, not_empty, terminal_width

if TYPE_CHECKING:
    from keyhole.reports.dataset import Dataset

# Not asked of the formats themselves: `keyhole --help` must not load them. A test holds it.
FORMATS = ("csv", "cyclonedx", "html", "json", "openvex", "pdf", "sarif", "spdx", "text")


def format_option(command: F) -> F:
    """`--format`, passed on as `form`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How the report is written.",
    )(command)


def output_option(command: F) -> F:
    """`--output`, passed on as `output`: None is standard output."""
    return click.option(
        "--output",
        "-o",
        type=click.Path(path_type=Path, dir_okay=False),
        default=None,
        callback=not_empty,
        help="A file for the report; default: standard output.",
    )(command)


def check_output(form: str, output: Path | None) -> None:
    """Refuse, before anything is done, what could not be written in the end."""
    if form == "pdf" and output is None and sys.stdout.isatty():
        raise click.UsageError("A PDF cannot be shown on a terminal. Give it a file: --output report.pdf")
    if output is not None and not output.absolute().parent.is_dir():
        raise click.UsageError(f"There is no folder {output.absolute().parent} to write {output.name} to.")


def write_report(report: Dataset, form: str, output: Path | None, *, beside: bool = False) -> None:
    """The report, to the file or to standard output. A file that is not `beside` another report is told of."""
    from keyhole.reports.renderers.interface import renderer_of

    if form == "text" and output is None and (room := terminal_width()):
        from keyhole.reports.renderers.as_text import text

        click.echo(text(report, room), nl=False)
        return
    body = renderer_of(form).render(report)
    if output is None:
        click.echo(body, nl=False)
        return
    write_file(output, body)
    if not beside:
        click.echo(f"Wrote {output} ({len(body):,} bytes): {report.verdict}", err=True)


def write_file(path: Path, body: bytes) -> None:
    """The file, whole or not at all: a report that was cut off would look like one with less in it.

    What is there and no plain file (`/dev/stdout`, a pipe, a link) is written to, and not put another in place of.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_bytes(body)
            return
        beside.write_bytes(body)
        beside.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise click.UsageError(f"{path} cannot be written: {problem.strerror}.") from problem
