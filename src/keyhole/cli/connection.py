"""`keyhole connection`: the sealed credentials of GitHub's, and which of their repositories are taken in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.asking import credential
from keyhole.cli.output import ago, count, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole
from keyhole.core.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from keyhole.connections.models import Connection
    from keyhole.core.caller import Caller
    from keyhole.repositories.github import Taken

_CONNECTION = click.argument("connection", metavar="CONNECTION")
_REFUSED = 1


@click.group("connection")
def command() -> None:
    """Connections to GitHub: list, show, check, take in, rotate, pause, remove. Each is named by its id or name."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the connections."""
    caller = open_keyhole()
    from keyhole.connections.services import list_connections
    from keyhole.repositories.github import taken_in

    rows = list_connections(caller)
    if as_json:
        say_json([as_dict(caller, row) for row in rows])
        return
    table(
        ("ID", "CONNECTION", "STATE", "KIND", "OWNER", "GITHUB", "REPOSITORIES", "EXPIRES", "CHECKED"),
        [
            (
                row.pk,
                row.name,
                row.state.words,
                row.kind.replace("_", "-"),
                row.owner_login,
                row.instance.name,
                len(taken_in(caller, row.pk)),
                ago(row.expires_at, never="not known"),
                ago(row.checked_at),
            )
            for row in rows
        ],
        empty="GitHub is not connected yet. `keyhole connect github` connects a token.",
    )


@command.command("show")
@_CONNECTION
@json_option
def show(connection: str, as_json: bool) -> None:
    """Show one connection: what it can do beside its plan and its use, what it reaches and what is taken in."""
    caller = open_keyhole()
    from keyhole.cli.rights import rights_dict, say_rights
    from keyhole.integrations.watch.rights import rights_of

    row = _named(caller, connection)
    if as_json:
        say_json(as_dict(caller, row) | {"permissions": rights_dict(rights_of(caller, row))})
        return
    _say(row)
    from keyhole.repositories.github import reachable

    say_rights(rights_of(caller, row))

    click.echo()
    table(
        ("GITHUB ID", "REPOSITORY", "VISIBILITY", "HERE"),
        [
            (
                remote.remote_id,
                remote.full_name,
                "private" if remote.private else "public",
                "" if here is None else "taken in" if here.fetched_at else "taken in, not fetched yet",
            )
            for remote, here in reachable(caller, row.pk)
        ],
        empty="It is not known what it reaches. `keyhole connection refresh` asks GitHub.",
    )


def _say(row: Connection) -> None:
    for label, value in (
        ("Connection", f"{row.name} (id {row.pk})"),
        ("State", row.state.words + (f": {row.reason} {row.hint}".rstrip() if row.problem else "")),
        ("Kind", row.kind.replace("_", "-") + (f", acts as {row.login}" if row.login else "")),
        ("GitHub", row.instance.name + (f" {row.version}" if row.version else "")),
        ("Owner", row.owner_login),
        ("Expires", ago(row.expires_at, never="not known")),
        ("Checked", ago(row.checked_at)),
        ("Used", ago(row.used_at)),
    ):
        click.echo(f"{label + ':':12}{safe(value)}")
    successor = getattr(row, "successor", None)
    if successor is not None:
        what = f"failed: {successor.reason}" if successor.problem else "waits for its first use"
        click.echo(f"{'Rotation:':12}{safe(f'a new credential, added {ago(successor.added_at)}, {what}')}")


@command.command("check")
@_CONNECTION
@click.option("--thorough", is_flag=True, help="Find out what it can do, permission by permission.")
@json_option
def check(connection: str, thorough: bool, as_json: bool) -> None:
    """Ask GitHub whether the credential is alive. Exit code 1 when it is not. Nothing is changed on GitHub."""
    caller = open_keyhole()
    from keyhole.connections import services

    row = services.check(caller, _named(caller, connection).pk)
    if thorough and not row.problem:
        from keyhole.cli.rights import say_inspected
        from keyhole.integrations.watch.inspections import inspect_now

        say_inspected(inspect_now(caller, row.pk), as_json=as_json)
        return
    if as_json:
        say_json(as_dict(caller, row))
    elif row.problem:
        click.echo(f"{safe(row.name)}: {safe(row.reason)}", err=True)
        click.echo(safe(row.hint), err=True)
    else:
        click.echo(
            f"{safe(row.name)}: GitHub takes the credential. Expires: {ago(row.expires_at, never='not known')}."
        )
    if row.problem:
        sys.exit(_REFUSED)


@command.command("refresh")
@_CONNECTION
@json_option
def refresh(connection: str, as_json: bool) -> None:
    """Ask GitHub what the connection reaches; renames and transfers are followed."""
    caller = open_keyhole()
    from keyhole.repositories.listing import refresh_now

    row = _named(caller, connection)
    listing = refresh_now(caller, row.pk)
    if as_json:
        say_json(as_dict(caller, row))
    else:
        click.echo(
            f"{safe(row.name)} reaches {count(listing.seen, 'repository')}; {listing.renamed} renamed, "
            f"{listing.connected} newly taken in, {listing.lost} not reached any more."
        )


@command.command("take-in")
@_CONNECTION
@click.argument("repositories", nargs=-1, metavar="[OWNER/REPO]...")
@click.option("--all", "everything", is_flag=True, help="All that it reaches, and will come to reach.")
@json_option
def take_in(connection: str, repositories: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Take in repositories that the connection reaches, for code scans."""
    if bool(repositories) == everything:
        raise click.UsageError("Name the repositories, or say --all.")
    caller = open_keyhole()
    row = _named(caller, connection)
    taken = take(caller, row, repositories, everything)
    if as_json:
        say_json(as_dict(caller, row, taken))
    else:
        say_taken(taken)


def take(caller: Caller, row: Connection, repositories: tuple[str, ...], everything: bool) -> Taken:
    """Takes in what was named. InvalidInput when the connection does not reach it."""
    from keyhole.connections.services import set_take_all
    from keyhole.repositories import github

    if everything:
        set_take_all(caller, row.pk, True)
        return github.take_in(caller, row.pk)
    ids = {remote.full_name.lower(): remote.remote_id for remote, _ in github.reachable(caller, row.pk)}
    if strange := [name for name in repositories if name.lower() not in ids]:
        raise InvalidInput(
            f"The connection {row.name!r} does not reach {strange[0]}.",
            hint=f"`keyhole connection show {row.pk}` lists what it reaches; `refresh` asks GitHub again.",
        )
    return github.take_in(caller, row.pk, [ids[name.lower()] for name in repositories])


def say_taken(taken: Taken) -> None:
    """What taking in came to, a line each."""
    for row in taken.connected:
        click.echo(f"taken in  {safe(row.full_name)}")
    for known in taken.known:
        click.echo(f"known     {safe(known.full_name)}")
    for skipped in taken.skipped:
        click.echo(f"skipped   {safe(skipped.full_name)}: {safe(skipped.why)}", err=True)
    first = next(iter((*taken.connected, *taken.known)), None)
    if first is not None:
        click.echo(f"Next: keyhole scan {safe(first.full_name)}")


@command.command("rotate")
@_CONNECTION
@click.option("--undo", is_flag=True, help="Take the new credential back, as long as it was not used.")
@click.option("--finish", is_flag=True, help="Forget the old credential now.")
@click.option("--accept-less", is_flag=True, help="Keep it although it lacks something that the old one has.")
@json_option
def rotate(connection: str, undo: bool, finish: bool, accept_less: bool, as_json: bool) -> None:
    """Give the connection a new credential, read from standard input or asked for.

    It is inspected and compared with the old one, which is kept until the new one was first used.
    """
    if undo and finish:
        raise click.UsageError("Choose either --undo or --finish.")
    caller = open_keyhole()
    from keyhole.connections import services

    row = _named(caller, connection)
    if undo:
        row, said = services.undo_rotation(caller, row.pk), "The new credential is forgotten."
    elif finish:
        row, said = services.finish_rotation(caller, row.pk), "The old credential is forgotten."
    else:
        from keyhole.integrations.watch.succession import LacksSomething
        from keyhole.integrations.watch.succession import rotate as begin

        secret = credential("New private key (PEM)" if row.is_app else "New token")
        try:
            found = begin(caller, row.pk, secret, accept_less=accept_less)
        except LacksSomething as problem:
            raise Conflict(
                problem.message,
                hint="Nothing was kept. Give it this on GitHub, or say --accept-less if that is meant.",
            ) from problem
        more = f" It can do more than the old one: {', '.join(found.more)}." if found.more else ""
        said = f"GitHub takes it. The old one is forgotten when it was first used.{more}"
    if as_json:
        say_json(as_dict(caller, services.get(caller, row.pk)))
    else:
        click.echo(f"{safe(row.name)}: {said}")


@command.command("pause")
@_CONNECTION
@click.option("--off", is_flag=True, help="Use it again.")
@json_option
def pause(connection: str, off: bool, as_json: bool) -> None:
    """Stop using a connection, keeping its credential sealed."""
    caller = open_keyhole()
    from keyhole.connections import services

    found = _named(caller, connection)
    row = services.resume(caller, found.pk) if off else services.pause(caller, found.pk)
    if as_json:
        say_json(as_dict(caller, row))
    else:
        click.echo(f"{safe(row.name)} is {'in use again' if off else 'paused'}.")


@command.command("remove")
@_CONNECTION
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(connection: str, yes: bool, as_json: bool) -> None:
    """Forget a connection's credential for good. What was scanned stays."""
    caller = open_keyhole()
    from keyhole.connections import services
    from keyhole.repositories.github import taken_in

    row = _named(caller, connection)
    names = [each.full_name for each in taken_in(caller, row.pk)]
    if not yes and not as_json:
        stops = (
            f"Code scans of {', '.join(names)} stop." if names else "No repository was taken in through it."
        )
        click.confirm(f"Remove {safe(row.name)}? {safe(stops)}", abort=True, err=True)
    row = services.remove(caller, row.pk)
    if as_json:
        say_json(as_dict(caller, row))
    else:
        click.echo(
            f"Removed {safe(row.name)}. The token itself is still valid on {safe(row.instance.name)}: delete it there."
        )


def _named(caller: Caller, text: str) -> Connection:
    from keyhole.connections.services import by_name

    return by_name(caller, text)


def as_dict(caller: Caller, row: Connection, taken: Taken | None = None) -> dict[str, Any]:
    """A connection for machines, as it is by now. The credential is nowhere in it."""
    from keyhole.connections.services import get
    from keyhole.repositories.github import reachable

    row = get(caller, row.pk)
    more = (
        {}
        if taken is None
        else {
            "taken_in": [each.full_name for each in taken.connected],
            "skipped": [{"repository": each.full_name, "why": each.why} for each in taken.skipped],
        }
    )
    return {
        "id": row.pk,
        "name": row.name,
        "state": row.state.value,
        "kind": row.kind,
        "github": row.web,
        "owner": row.owner_login,
        "login": row.login,
        "expires_at": row.expires_at,
        "checked_at": row.checked_at,
        "used_at": row.used_at,
        "problem": row.problem,
        "reason": row.reason,
        "hint": row.hint,
        "rotating": getattr(row, "successor", None) is not None,
        "repositories": [
            {
                "github_id": remote.remote_id,
                "full_name": remote.full_name,
                "private": remote.private,
                "id": here.pk if here else None,
            }
            for remote, here in reachable(caller, row.pk)
        ],
        **more,
    }


@command.command("revoke")
@_CONNECTION
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def revoke(connection: str, yes: bool, as_json: bool) -> None:
    """Have GitHub revoke a leaked token itself, for good and everywhere, and remove the connection."""
    caller = open_keyhole()
    from keyhole.connections.services import by_name
    from keyhole.integrations.watch.revoking import revoke_upstream

    row = by_name(caller, connection)
    if not yes:
        click.confirm(
            f"Have {row.instance.name} revoke the token of {safe(row.name)!r} for everybody? It cannot be undone",
            abort=True,
            err=True,
        )
    row = revoke_upstream(caller, row.pk)
    if as_json:
        say_json(as_dict(caller, row))
    else:
        click.echo(
            f"{row.instance.name} has revoked the token of {safe(row.name)}, and it is forgotten here."
        )
