"""`keyhole advisories`: what scans compare packages with."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from keyhole.cli.output import count, json_option, say_json, table
from keyhole.cli.session import use_settings


@click.group("advisories")
def command() -> None:
    """Advisories about packages, for scans of dependencies: fetch, take in from files, look at."""


@command.command("status")
@json_option
def status(as_json: bool) -> None:
    """Say what there is and how old it is. Exit code 1 when there is nothing."""
    use_settings()
    from keyhole.advisories.store import holding

    found = holding()
    rows = [(each.ecosystem, each.advisories, each.modified) for each in found.ecosystems]
    if as_json:
        say_json({"at": found.at, "reason": found.reason, "ecosystems": {row[0]: row[1] for row in rows}})
    elif found.at:
        click.echo(f"Fetched {found.at}.")
        table(
            ("ECOSYSTEM", "ADVISORIES", "NEWEST"),
            [(name, f"{number:,}", modified[:10]) for name, number, modified in rows],
            empty="",
        )
    else:
        click.echo(f"Nothing: {found.reason}. `keyhole advisories sync` fetches them.")
    sys.exit(0 if found.at else 1)


@command.command("sync")
@click.option(
    "--ecosystem", "ecosystems", multiple=True, metavar="NAME", help="Fetch only this one. Repeatable."
)
@json_option
def sync(ecosystems: tuple[str, ...], as_json: bool) -> None:
    """Fetch the advisories of all ecosystems from OSV; what was there before stays until all are here."""
    use_settings()
    from keyhole.advisories import store

    _said(store.sync(ecosystems, _progress), as_json)


@command.command("take-in")
@click.argument(
    "archives", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@json_option
def take_in(archives: tuple[Path, ...], as_json: bool) -> None:
    """Use the ARCHIVES (an ecosystem's all.zip, as OSV publishes it) in the place of what was there before.

    For machines without a way out: fetch the files elsewhere and bring them here.
    """
    use_settings()
    from keyhole.advisories import store

    _said(store.take_in(archives, _progress), as_json)


def _progress(name: str, number: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{name}: {count(number, 'record')}\x1b[K", err=True, nl=False)


def _said(number: int, as_json: bool) -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
    if as_json:
        say_json({"advisories": number})
    else:
        click.echo(f"{count(number, 'advisory')} that scans compare packages with.")
