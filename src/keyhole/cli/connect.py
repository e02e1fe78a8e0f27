"""`keyhole connect`: connect a GitHub token or a GitHub App, so that its repositories can be scanned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.asking import credential
from keyhole.cli.output import count, json_option, safe, say_json
from keyhole.cli.session import open_keyhole
from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from keyhole.connections.models import Connection
    from keyhole.core.caller import Caller
    from keyhole.inspector.report import Report
    from keyhole.providers.github.app import Installation
    from keyhole.repositories.github import Taken


@click.group("connect")
def command() -> None:
    """Connect GitHub: seal a credential and take in repositories for code scans."""


_instance = click.option(
    "--github",
    "instance",
    default="",
    metavar="ADDRESS",
    help="Enterprise Server or sandbox; default: github.com.",
)
_repositories = click.option(
    "--repository",
    "-r",
    "repositories",
    multiple=True,
    metavar="OWNER/REPO",
    help="Take in this repository. Repeatable.",
)
_everything = click.option(
    "--all-repositories", is_flag=True, help="Take in all that it reaches, and will come to reach."
)
_name = click.option("--name", default="", help="Name of the connection; default: owner and instance.")


@command.command("github")
@_instance
@click.option(
    "--owner", default="", metavar="LOGIN", help="Resource owner; default: whose repositories it reaches."
)
@_repositories
@_everything
@_name
@click.option("--quick", is_flag=True, help="Ask only whose it is, and not what it can do.")
@json_option
def github(
    instance: str,
    owner: str,
    repositories: tuple[str, ...],
    all_repositories: bool,
    name: str,
    quick: bool,
    as_json: bool,
) -> None:
    """Connect a personal access token, read from standard input or asked for.

    GitHub is asked whose it is, what it can do and what it reaches; then it is sealed, and the report kept with it.
    Nothing is changed on GitHub.
    """
    caller = open_keyhole()
    from keyhole.connections.services import ConnectionSpec, connect
    from keyhole.inspector.inspect import check_shape, inspect
    from keyhole.providers import outgoing
    from keyhole.providers.github.client import GitHub
    from keyhole.providers.github.identity import identify
    from keyhole.providers.github.instance import instance_at

    secret = credential("GitHub token")
    client = outgoing.configured()
    where = instance_at(instance, client)
    planned = {"contents": Level.READ, "metadata": Level.READ}
    report: Report | None = None
    if quick:
        check_shape(secret)
        known = identify(GitHub(where, secret, client))
        kind, login, expires_at = known.kind.value, known.login, known.expires_at
        owner = owner or (repositories[0].partition("/")[0] if repositories else "")
    else:
        report = inspect(where, secret, client, planned=planned, owner=owner, repositories=repositories)
        kind, login, expires_at = report.kind, report.login, report.expires_at
        owner = owner or report.owner
        for note in _notes(report, planned):
            click.echo(f"Note: {safe(note)}", err=True)
    row = connect(
        caller,
        ConnectionSpec(
            name=name,
            instance=where,
            credential=secret,
            kind=kind,
            owner_login=owner or login,
            planned=planned,
            report=report.as_json() if report else {},
            login=login,
            expires_at=expires_at,
        ),
    )
    _after(caller, row, repositories, all_repositories, as_json)


def _notes(report: Report, planned: dict[str, Level]) -> list[str]:
    """What to know of the token: advice about its kind, and how it differs from what code scans need."""
    from keyhole.inspector.compare import compare

    found = compare(report, planned)
    told = list(report.advice)
    if found.missing:
        told.append(f"Code scans need {_words(found.missing)}, which it does not have.")
    if found.unneeded and not report.scopes:
        told.append(f"It can also do what code scans do not need: {_words(found.unneeded)}.")
    return told


def _words(permissions: Mapping[str, Level]) -> str:
    return ", ".join(f"{name}: {level.word}" for name, level in sorted(permissions.items()))


@command.command("app")
@click.argument("app_id", metavar="APP-ID")
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Private key (PEM); default: standard input.",
)
@click.option(
    "--installation",
    default="",
    metavar="LOGIN",
    help="Account that it is installed on, if there are several.",
)
@_instance
@_repositories
@_everything
@_name
@json_option
def app(
    app_id: str,
    key: Path | None,
    installation: str,
    instance: str,
    repositories: tuple[str, ...],
    all_repositories: bool,
    name: str,
    as_json: bool,
) -> None:
    """Connect a GitHub App by its id and private key."""
    caller = open_keyhole()
    from keyhole.connections import app_draft
    from keyhole.core.secret import Secret

    secret = Secret(key.read_text("ascii", "replace")) if key else credential("Private key (PEM)")
    draft = app_draft.begin(caller, app_draft.AppSpec(instance, app_id, secret))
    _, there = app_draft.installations(caller, draft.pk)
    row = app_draft.finish(caller, draft.pk, _chosen(there, installation).id, name)
    _after(caller, row, repositories, all_repositories, as_json)


def _chosen(there: Sequence[Installation], login: str) -> Installation:
    wanted = [each for each in there if not login or each.account_login.lower() == login.lower()]
    if len(wanted) == 1:
        return wanted[0]
    accounts = ", ".join(each.account_login for each in there) or "no account at all"
    raise InvalidInput(
        f"The App is installed on {safe(accounts)}.",
        field="installation",
        hint="Name one of them with --installation." if there else "Install it on GitHub first.",
    )


def _after(
    caller: Caller, row: Connection, repositories: tuple[str, ...], all_repositories: bool, as_json: bool
) -> None:
    """Lists what the new connection reaches and takes in what was asked for."""
    from keyhole.cli.connection import as_dict, say_taken, take
    from keyhole.repositories.listing import refresh_now

    listing = refresh_now(caller, row.pk)
    taken: Taken | None = None
    if repositories or all_repositories:
        taken = take(caller, row, repositories, all_repositories)
    if as_json:
        say_json(as_dict(caller, row, taken))
        return
    click.echo(
        f"Connected {safe(row.name)}: {safe(row.login or row.owner_login)} on {safe(row.instance.name)}, "
        f"reaches {count(listing.seen, 'repository')}."
    )
    if taken is not None:
        say_taken(taken)
    else:
        click.echo(f"Next: keyhole connection take-in {row.pk} OWNER/REPO, then keyhole scan OWNER/REPO.")
