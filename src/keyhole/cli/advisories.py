"""`keyhole advisories`: what scans compare packages with."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import ago, count, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole, use_settings

if TYPE_CHECKING:
    from keyhole.inventory.upkeep import State


@click.group("advisories")
def command() -> None:
    """Advisories about packages, for scans of dependencies: fetch, take in from files, look at."""


@command.command("status")
@json_option
def status(as_json: bool) -> None:
    """Say what there is, how old it is, and when it is fetched next. Exit code 1 when there is nothing."""
    caller = open_keyhole()
    from keyhole.inventory.upkeep import state

    found = state(caller)
    held = found.held
    if as_json:
        say_json(_as_dict(found))
        sys.exit(0 if held.at else 1)
    if held.at:
        click.echo(f"The oldest were fetched {_ago(held.at)}.")
        rows = [
            (each.ecosystem, f"{each.advisories:,}", each.modified[:10], _ago(each.at))
            for each in held.ecosystems
        ]
        rows += [(each.name, f"{each.entries:,}", "", _ago(each.at)) for each in held.feeds]
        table(("SOURCE", "ENTRIES", "NEWEST", "FETCHED"), rows, empty="")
    else:
        click.echo(f"Nothing: {held.reason}. `keyhole advisories sync` fetches them.")
    _say_upkeep(found)
    sys.exit(0 if held.at else 1)


def _as_dict(found: State) -> dict[str, Any]:
    held = found.held
    return {
        "at": held.at,
        "reason": held.reason,
        "ecosystems": {each.ecosystem: each.advisories for each in held.ecosystems},
        "fetched": {each.ecosystem: each.at for each in held.ecosystems},
        "feeds": {each.name: {"at": each.at, "entries": each.entries} for each in held.feeds},
        "keep": found.on,
        "hours": found.hours,
        "running": found.running,
        "next_at": found.next_at,
        "fetched_at": found.fetched_at,
        "failed_at": found.failed_at,
        "problem": found.problem,
        "failures": found.failures,
    }


def _say_upkeep(found: State) -> None:
    if found.failed_at:
        times = f", the {found.failures}. time in a row" if found.failures > 1 else ""
        click.echo(f"The server could not fetch them {ago(found.failed_at)}{times}: {safe(found.problem)}")
    if found.running:
        click.echo("The server is fetching them.")
    elif found.next_at and found.next_at <= datetime.now(UTC):
        click.echo("The server fetches them as soon as it runs.")
    elif found.next_at:
        click.echo(f"The server fetches them {ago(found.next_at)}.")
    else:
        click.echo("The server does not fetch them by itself: `keyhole advisories keep on` has it do so.")


@command.command("keep")
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.option(
    "--every",
    "hours",
    type=int,
    default=None,
    metavar="HOURS",
    help="From one time to the next; default: 24.",
)
@json_option
def keep(switch: str, hours: int | None, as_json: bool) -> None:
    """Have the server fetch advisories by itself (on), or only when asked (off).

    Without this, it does so as soon as `keyhole advisories sync` has fetched any.
    """
    if switch == "off" and hours is not None:
        raise click.UsageError("--every goes with on.")
    caller = open_keyhole()
    from keyhole.inventory import upkeep

    upkeep.keep(caller, on=switch == "on", hours=upkeep.USUAL_HOURS if hours is None else hours)
    found = upkeep.state(caller)
    if as_json:
        say_json(_as_dict(found))
        return
    _say_upkeep(found)


@command.command("sync")
@click.option(
    "--ecosystem", "ecosystems", multiple=True, metavar="NAME", help="Fetch only this one. Repeatable."
)
@json_option
def sync(ecosystems: tuple[str, ...], as_json: bool) -> None:
    """Fetch what changed in the advisories of all ecosystems, and what is known of exploits (EPSS, KEV).

    Where something cannot be fetched, what there was of it stays, and the exit code is not 0. From then on the server
    keeps what was fetched fresh by itself, unless `keyhole advisories keep off` says otherwise.
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
