"""`keyhole plan`: the least permissions for what a tool is for, with the link and the steps to get them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.output import json_option, say_json
from keyhole.cli.plan.generate import generate
from keyhole.cli.plan.told import as_dict, list_presets, show
from keyhole.core.errors import InvalidInput

if TYPE_CHECKING:
    from keyhole.planner.asked import Reading
    from keyhole.planner.server import Server


@click.command("plan")
@click.option("--preset", "-P", "presets", multiple=True, metavar="ID", help="A well-known tool. Repeatable.")
@click.option(
    "--feature", "-F", "features", multiple=True, metavar="ID", help="A feature of Keyhole. Repeatable."
)
@click.option(
    "--endpoint",
    "-e",
    "endpoints",
    multiple=True,
    metavar="'METHOD PATH'|-",
    help="For example 'GET /repos/{owner}/{repo}/pulls'; - reads lines from standard input. Repeatable.",
)
@click.option("--har", type=click.Path(path_type=Path), help="A recording (HAR) of what the tool asks for.")
@click.option(
    "--access-log",
    type=click.Path(path_type=Path),
    help="A log of Keyhole's gateway: `keyhole audit export`.",
)
@click.option(
    "--token", default="", metavar="ID|NAME", help="What this token of Keyhole was used for so far."
)
@click.option(
    "--owner", default="", metavar="LOGIN", help="Resource owner; default: the owner of the repositories."
)
@click.option("--owner-kind", type=click.Choice(["user", "organization"]), help="What the resource owner is.")
@click.option("--repository", "-r", "repositories", multiple=True, metavar="OWNER/REPO", help="Repeatable.")
@click.option("--days", default="30", show_default=True, metavar="DAYS|none", help="Days until it expires.")
@click.option("--name", default="", help="Name of the token, at most 40 characters.")
@click.option(
    "--github", default="", metavar="ADDRESS", help="Enterprise Server or sandbox; default: github.com."
)
@click.option("--list-presets", "listing", is_flag=True, help="List the well-known tools and the features.")
@click.option(
    "--as",
    "made_as",
    type=click.Choice(["github", "keyhole"]),
    default="github",
    show_default=True,
    help="keyhole: generate the token here and now, for connected repositories, instead of on GitHub.",
)
@json_option
def command(
    presets: tuple[str, ...],
    features: tuple[str, ...],
    endpoints: tuple[str, ...],
    har: Path | None,
    access_log: Path | None,
    token: str,
    owner: str,
    owner_kind: str | None,
    repositories: tuple[str, ...],
    days: str,
    name: str,
    github: str,
    listing: bool,
    made_as: str,
    as_json: bool,
) -> None:
    """Plan a token: the least permissions for what a tool is for, each with its reason.

    Nothing is sent anywhere; only another server than github.com (--github) is asked once what it is. Ends with 1
    when something that was given cannot be planned for.
    """
    if listing:
        list_presets(as_json=as_json)
        return
    if not any((presets, features, endpoints, har, access_log, token)):
        raise click.UsageError(
            "Say what the token is for: --preset, --feature, --endpoint, --har, --access-log or --token. "
            "`keyhole plan --list-presets` lists what there is."
        )
    from keyhole.planner.plan import plan
    from keyhole.planner.query import Plain, from_query

    given = from_query(
        Plain(
            {
                "preset": presets,
                "feature": features,
                "endpoint": _endpoints(endpoints),
                "owner": [owner],
                "owner_kind": [owner_kind or ""],
                "repository": repositories,
                "days": [_days(days)],
                "name": [name],
                "github": [github],
            }
        )
    )
    made = plan(given, _observed(har, access_log, token))
    if made_as == "keyhole":
        generate(made, as_json=as_json)
        return
    server = _server(github)
    if as_json:
        say_json(as_dict(made, server))
    else:
        show(made, server)
    if made.unmatched or made.dropped:
        sys.exit(1)


def _server(address: str) -> Server:
    from keyhole.planner.server import GITHUB_COM, Server, is_github_com, server_at

    if is_github_com(address):
        return Server(GITHUB_COM)  # without settings, which would make a data folder where there is none
    from keyhole.cli.session import use_settings

    use_settings()
    from keyhole.providers.outgoing import configured

    return server_at(address, configured())


def _days(text: str) -> str:
    if text != "none" and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise InvalidInput(
            f"{text!r} is not a number of days.", field="days", hint="For example --days 30 or --days none."
        )
    return text


def _endpoints(given: tuple[str, ...]) -> list[str]:
    lines: list[str] = []
    for each in given:
        lines += sys.stdin.read().splitlines() if each == "-" else [each]
    return lines


def _observed(har: Path | None, access_log: Path | None, token: str) -> Reading:
    from keyhole.planner.accesslog import LARGEST as LARGEST_LOG
    from keyhole.planner.accesslog import read_access_log
    from keyhole.planner.asked import Reading
    from keyhole.planner.har import LARGEST as LARGEST_HAR
    from keyhole.planner.har import read_har

    readings = []
    if har is not None:
        readings.append(read_har(_content(har, LARGEST_HAR)))
    if access_log is not None:
        readings.append(read_access_log(_content(access_log, LARGEST_LOG)))
    if token:
        from keyhole.cli.describe import find
        from keyhole.cli.session import open_keyhole

        caller = open_keyhole()
        from keyhole.planner.recorded import recorded_use

        readings.append(recorded_use(caller, find(caller, token).pk))
    return Reading(
        tuple(each for reading in readings for each in reading.asked),
        tuple(each for reading in readings for each in reading.unmatched),
        tuple(each for reading in readings for each in reading.notes),
    )


def _content(path: Path, largest: int) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read(largest + 1)
    try:
        with path.open("rb") as file:
            return file.read(largest + 1)
    except OSError as problem:
        raise InvalidInput(f"{path} cannot be read: {problem.strerror}.", field="recording") from problem
