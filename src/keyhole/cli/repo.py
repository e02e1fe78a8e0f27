"""`keyhole repo`: connect folders, import, list, show to the public, disconnect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import ago, count, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.repositories.models import Repository
    from keyhole.repositories.services import Report


@click.group("repo")
def command() -> None:
    """Repositories: connect, import, list, visibility, disconnect."""


@command.command("connect")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--owner", default=None, help="Owner of repositories that lie directly in the folder.")
@json_option
def connect(folder: Path, owner: str | None, as_json: bool) -> None:
    """Connect every repository at or below FOLDER (REPO or OWNER/REPO). They stay where they are."""
    caller = open_keyhole()
    from keyhole.repositories.services import connect_folder

    _say_report(connect_folder(caller, folder, owner), as_json)


@command.command("refresh")
@json_option
def refresh_(as_json: bool) -> None:
    """Look at every connected folder again."""
    caller = open_keyhole()
    from keyhole.repositories.services import refresh

    _say_report(refresh(caller), as_json)


def _say_report(report: Report, as_json: bool) -> None:
    groups = {
        "connected": report.connected,
        "renamed": report.renamed,
        "missing": report.missing,
        "known": report.known,
    }
    if as_json:
        say_json(
            {
                **{name: [as_dict(row) for row in rows] for name, rows in groups.items()},
                "skipped": [{"path": str(one.path), "why": one.why} for one in report.skipped],
            }
        )
        return
    for name, rows in groups.items():
        for row in rows:
            click.echo(f"{name:9}  {safe(row.full_name)}  {safe(row.location)}")
    for one in report.skipped:
        click.echo(f"{'skipped':9}  {safe(one.path)}: {safe(one.why)}", err=True)
    click.echo(
        f"{count(len(report.connected), 'repository')} connected, {len(report.known)} known before, "
        f"{len(report.renamed)} renamed, {len(report.missing)} missing, {len(report.skipped)} skipped."
    )


@command.command("import")
@click.argument("source")
@click.argument("name", default="")
@json_option
def import_(source: str, name: str, as_json: bool) -> None:
    """Copy a repository (path or https:// address) into Keyhole, as NAME: OWNER/REPO or REPO."""
    caller = open_keyhole()
    from keyhole.repositories.services import import_repository

    where = source if "://" in source else str(Path(source).expanduser().resolve())
    row = import_repository(caller, where, name)
    if as_json:
        say_json(as_dict(row))
    else:
        click.echo(f"Imported {safe(row.full_name)} into {safe(row.location)}.")


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the connected repositories."""
    caller = open_keyhole()
    from keyhole.repositories.services import list_repositories

    rows = list_repositories(caller)
    if as_json:
        say_json([as_dict(row) for row in rows])
        return
    table(
        ("ID", "REPOSITORY", "PROVIDER", "VISIBILITY", "CONNECTED", "WHERE"),
        [
            (
                row.pk,
                row.full_name,
                row.provider,
                "public" if row.public else "private",
                ago(row.connected_at),
                _where(row),
            )
            for row in rows
        ],
        empty="No repositories yet. `keyhole repo connect FOLDER` connects those in a folder, `keyhole connect github` "
        "those on GitHub.",
    )


def _where(row: Repository) -> str:
    from keyhole.repositories.lookup import is_there

    if row.connection is None:
        return row.location + ("" if is_there(row) else "  (missing)")
    state = (
        "not reached"
        if row.unreachable
        else f"fetched {ago(row.fetched_at)}"
        if row.fetched_at
        else "not fetched yet"
    )
    return f"{row.connection.name}  ({state})"


@command.command("public")
@click.argument("repository", metavar="OWNER/REPO")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def public(repository: str, yes: bool, as_json: bool) -> None:
    """Make a repository readable with any token of this Keyhole."""
    if not yes and not as_json:
        click.confirm(f"Let every token read {safe(repository)}", abort=True, err=True)
    _set_public(repository, True, as_json)


@command.command("private")
@click.argument("repository", metavar="OWNER/REPO")
@json_option
def private(repository: str, as_json: bool) -> None:
    """Make a repository private again."""
    _set_public(repository, False, as_json)


def _set_public(repository: str, value: bool, as_json: bool) -> None:
    caller = open_keyhole()
    from keyhole.repositories.services import by_full_name, set_public

    row = set_public(caller, by_full_name(caller, repository).pk, value)
    if as_json:
        say_json(as_dict(row))
    else:
        click.echo(f"{safe(row.full_name)} is {'public' if row.public else 'private'}.")


@command.command("disconnect")
@click.argument("repository", metavar="OWNER/REPO")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def disconnect_(repository: str, yes: bool, as_json: bool) -> None:
    """Remove a repository from Keyhole. Its folder stays; an imported copy is deleted."""
    caller = open_keyhole()
    from keyhole.repositories.services import by_full_name, disconnect

    row = by_full_name(caller, repository)
    if not yes and not as_json:
        fate = "Keyhole's own copy is deleted." if row.imported else "Its folder stays."
        click.confirm(
            f"Disconnect {safe(row.full_name)}? Tokens no longer reach it. {fate}", abort=True, err=True
        )
    row = disconnect(caller, row.pk)
    if as_json:
        say_json(as_dict(row))
    else:
        click.echo(f"Disconnected {safe(row.full_name)}.")


def as_dict(row: Repository) -> dict[str, Any]:
    """A repository for machines."""
    return {
        "id": row.pk,
        "full_name": row.full_name,
        "public": row.public,
        "provider": row.provider,
        "connection": row.connection.name if row.connection else None,
        "github_id": row.remote_id,
        "fetched_at": row.fetched_at,
        "unreachable": row.unreachable,
        "location": row.location,
        "imported": row.imported,
        "connected_at": row.connected_at,
    }
