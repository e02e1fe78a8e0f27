"""`keyhole advisories`: what scans compare packages with."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from keyhole.cli.output import ago, count, json_option, say_json, table
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
    if as_json:
        say_json(
            {
                "at": found.at,
                "reason": found.reason,
                "ecosystems": {each.ecosystem: each.advisories for each in found.ecosystems},
                "fetched": {each.ecosystem: each.at for each in found.ecosystems},
                "feeds": {each.name: {"at": each.at, "entries": each.entries} for each in found.feeds},
            }
        )
    elif found.at:
        click.echo(f"The oldest were fetched {_ago(found.at)}.")
        rows = [
            (each.ecosystem, f"{each.advisories:,}", each.modified[:10], _ago(each.at))
            for each in found.ecosystems
        ]
        rows += [(each.name, f"{each.entries:,}", "", _ago(each.at)) for each in found.feeds]
        table(("SOURCE", "ENTRIES", "NEWEST", "FETCHED"), rows, empty="")
    else:
        click.echo(f"Nothing: {found.reason}. `keyhole advisories sync` fetches them.")
    sys.exit(0 if found.at else 1)


@command.command("sync")
@click.option(
    "--ecosystem", "ecosystems", multiple=True, metavar="NAME", help="Fetch only this one. Repeatable."
)
@json_option
def sync(ecosystems: tuple[str, ...], as_json: bool) -> None:
    """Fetch what changed in the advisories of all ecosystems, and what is known of exploits (EPSS, KEV).

    Where something cannot be fetched, what there was of it stays, and the exit code is not 0.
    """
    use_settings()
    from keyhole.advisories import store

    _said(store.sync(ecosystems, _progress), as_json)


@command.command("take-in")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@json_option
def take_in(files: tuple[Path, ...], as_json: bool) -> None:
    """Use the FILES in the place of what was there before of the same ecosystem or feed.

    An ecosystem's all.zip as OSV publishes it, FIRST's epss_scores-current.csv.gz, CISA's
    known_exploited_vulnerabilities.json: each is known by its content. For machines without a way out: fetch the
    files elsewhere and bring them here.
    """
    use_settings()
    from keyhole.advisories import store

    _said(store.take_in(files, _progress), as_json)


def _progress(name: str, number: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{name}: {count(number, 'record')}\x1b[K", err=True, nl=False)


def _ago(at: str) -> str:
    return ago(datetime.fromisoformat(at))


def _said(number: int, as_json: bool) -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
    if as_json:
        say_json({"advisories": number})
    else:
        click.echo(f"{count(number, 'advisory')} that scans compare packages with.")
