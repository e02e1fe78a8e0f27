"""`keyhole token`: generate, list, show, rotate, pause and revoke fine-grained tokens."""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.describe import as_dict, find, permission_words, reach, sentence
from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole
from keyhole.core.errors import InvalidInput

if TYPE_CHECKING:
    from keyhole.core.caller import Caller
    from keyhole.core.permissions import Level
    from keyhole.tokens.models import Token


@click.group("token")
def command() -> None:
    """Fine-grained tokens: generate, list, show, rotate, pause, revoke."""


@command.command("new")
@click.argument("name")
@click.option("--description", default="", help="What the token is for (at most 1,024 characters).")
@click.option("--owner", default="", help="Resource owner; default: the owner of the chosen repositories.")
@click.option(
    "--expires",
    default="30",
    show_default=True,
    metavar="DAYS|DATE|none",
    help="Days from now, a date such as 2027-01-31, or none.",
)
@click.option(
    "--repository",
    "-r",
    "repositories",
    multiple=True,
    metavar="OWNER/REPO",
    help="Only select repositories: one that the token may reach. Repeatable.",
)
@click.option(
    "--all-repositories", is_flag=True, help="All repositories of the resource owner, future ones too."
)
@click.option(
    "--permission",
    "-p",
    "permissions",
    multiple=True,
    metavar="NAME=LEVEL",
    help="For example contents=read. Repeatable. `keyhole token permissions` lists them.",
)
@json_option
def new(
    name: str,
    description: str,
    owner: str,
    expires: str,
    repositories: tuple[str, ...],
    all_repositories: bool,
    permissions: tuple[str, ...],
    as_json: bool,
) -> None:
    """Generate a token. It is printed once, on standard output; everything else goes to standard error.

    Without --repository and --all-repositories it reaches public repositories only.
    """
    if repositories and all_repositories:
        raise click.UsageError("Choose either --repository or --all-repositories.")
    caller = open_keyhole()
    from keyhole.core.grant import Access
    from keyhole.tokens.services import TokenSpec, generate

    chosen = _chosen(caller, repositories)
    access = Access.SELECTED if repositories else Access.ALL if all_repositories else Access.PUBLIC
    issued = generate(
        caller,
        TokenSpec(
            name=name,
            description=description,
            owner_login=owner or _owner_of(chosen),
            expires_in_days=_days(expires),
            access=access,
            repository_ids=frozenset(row.pk for row in chosen),
            permissions=_permissions(permissions),
        ),
    )
    if as_json:
        say_json({**as_dict(issued.token), "token": issued.secret.reveal()})
        return
    click.echo(sentence(issued.token), err=True)
    click.echo("Copy the token now: it is displayed only once.", err=True)
    click.echo(issued.secret.reveal())
    if sys.stdout.isatty():
        click.echo(f"\nUse it as the password of git: {clone_hint(chosen)}", err=True)


def _chosen(caller: Caller, repositories: tuple[str, ...]) -> list[Any]:
    from keyhole.repositories.services import by_full_name

    return [by_full_name(caller, full_name) for full_name in repositories]


def _owner_of(chosen: list[Any]) -> str:
    from django.conf import settings

    owners = sorted({row.owner.login for row in chosen})
    if len(owners) > 1:
        raise InvalidInput(
            f"The repositories belong to {' and '.join(owners)}; a token has one resource owner.",
            field="repositories",
            hint="Generate one token for each owner.",
        )
    return owners[0] if owners else str(settings.KEYHOLE_DEFAULT_OWNER)


def _days(text: str) -> int | None:
    if text == "none":
        return None
    if text.isdecimal() and text.isascii() and len(text) < 6:
        return int(text)
    try:
        return (date.fromisoformat(text) - datetime.now(UTC).date()).days
    except ValueError as problem:
        raise InvalidInput(
            f"{text!r} is not a number of days, a date or none.",
            field="expiration",
            hint="For example --expires 30, --expires 2027-01-31 or --expires none.",
        ) from problem


def _permissions(pairs: tuple[str, ...]) -> dict[str, Level]:
    from keyhole.core.permissions import Level

    chosen: dict[str, Level] = {}
    for pair in pairs:
        name, separator, word = pair.partition("=")
        try:
            chosen[name] = Level.parse(word if separator else "")
        except ValueError as problem:
            raise InvalidInput(
                f"{pair!r} is not a permission with a level.",
                field="permissions",
                hint="Write NAME=LEVEL, for example contents=read.",
            ) from problem
    return chosen


def clone_hint(chosen: list[Any]) -> str:
    """A git command that would use the token, for people to copy."""
    from django.conf import settings

    path = chosen[0].full_name if chosen else "OWNER/REPO"
    return f"git clone {settings.KEYHOLE_URL}/{path}.git"


@command.command("list")
@click.option("--all", "include_revoked", is_flag=True, help="Show revoked tokens too.")
@json_option
def list_(include_revoked: bool, as_json: bool) -> None:
    """List tokens with what they reach, when they were last used and when they expire."""
    caller = open_keyhole()
    from keyhole.tokens.services import list_tokens

    tokens = list_tokens(caller, include_revoked=include_revoked)
    if as_json:
        say_json([as_dict(token) for token in tokens])
        return
    table(
        ("ID", "NAME", "REACHES", "PERMISSIONS", "LAST USED", "EXPIRES", "STATE"),
        [
            (
                token.pk,
                token.name,
                reach(token),
                permission_words(token),
                ago(token.last_used_at),
                ago(token.expires_at),
                token.state,
            )
            for token in tokens
        ],
        empty="No tokens yet. `keyhole token new NAME -r OWNER/REPO -p contents=read` generates one.",
    )


@command.command("show")
@click.argument("token", metavar="ID|NAME")
@json_option
def show(token: str, as_json: bool) -> None:
    """Show what one token may do and how it was used. The token itself is never shown again."""
    row = find(open_keyhole(), token)
    if as_json:
        say_json(as_dict(row))
        return
    click.echo(f"{safe(row.name)}  ({row.state}, id {row.pk})")
    if row.description:
        click.echo(safe(row.description))
    click.echo(f"\n{sentence(row)}\n")
    table(
        ("FIELD", "VALUE"),
        [
            ("Reaches", reach(row)),
            ("Permissions", permission_words(row)),
            ("Created", ago(row.created_at)),
            ("Expires", ago(row.expires_at)),
            ("Paused", ago(row.paused_at, never="no")),
            ("Rotation", _rotation(row)),
            ("Revoked", ago(row.revoked_at, never="no")),
            ("Last used", f"{ago(row.last_used_at)} {row.last_used_address or ''}"),
            ("Requests", f"{row.requests:,} allowed, {row.denials:,} denied"),
        ],
        empty="",
    )


def _rotation(row: Token) -> str:
    if row.next_since is None or row.overlap_ends_at is None:
        return "none under way"
    return f"new token made {ago(row.next_since)}, not used yet; the old one ends then, or {ago(row.overlap_ends_at)}"


@command.command("rotate")
@click.argument("token", metavar="ID|NAME")
@click.option(
    "--overlap",
    default="7d",
    show_default=True,
    metavar="DAYSd|HOURSh|none",
    help="How long the old token goes on if the new one is not used before; none ends it now.",
)
@click.option("--cancel", is_flag=True, help="End the new token of a rotation that nobody has used yet.")
@json_option
def rotate_(token: str, overlap: str, cancel: bool, as_json: bool) -> None:
    """Replace a token's text by a new one for the same rights. It is printed once, on standard output.

    The old text works until the new one is first used, so that the tool can be changed over without an outage.
    """
    caller = open_keyhole()
    from keyhole.tokens.lifecycle import cancel_rotation, rotate

    row = find(caller, token)
    if cancel:
        _say(cancel_rotation(caller, row.pk), as_json, "The new token has ended; the old one goes on.")
        return
    issued = rotate(caller, row.pk, overlap_of(overlap))
    row = issued.token
    if as_json:
        say_json({**as_dict(row), "token": issued.secret.reveal()})
        return
    until = f"or until {row.overlap_ends_at:%d %B %Y %H:%M} UTC" if row.overlap_ends_at else ""
    old = f"works until this one is used, {until}" if until else "has ended"
    click.echo(f"A new token for {safe(row.name)}, with the rights it had. The old one {old}.", err=True)
    click.echo("Copy the token now: it is displayed only once.", err=True)
    click.echo(issued.secret.reveal())


def overlap_of(text: str) -> timedelta:
    """The overlap that somebody typed, as `7d`, `12h` or `none`. InvalidInput for anything else."""
    if text in ("none", "0"):
        return timedelta(0)
    match = re.fullmatch(r"(\d{1,4})([dh])", text, re.ASCII)
    if match is None:
        raise InvalidInput(
            f"{text!r} is not an overlap.", field="overlap", hint="For example --overlap 7d, 12h or none."
        )
    number = int(match.group(1))
    return timedelta(days=number) if match.group(2) == "d" else timedelta(hours=number)


@command.command("pause")
@click.argument("token", metavar="ID|NAME")
@click.option("--reason", default="", help="Kept in the audit log.")
@json_option
def pause_(token: str, reason: str, as_json: bool) -> None:
    """Allow nothing with a token until it is resumed. Its expiration does not move."""
    caller = open_keyhole()
    from keyhole.tokens.lifecycle import pause

    row = pause(caller, find(caller, token).pk, reason)
    _say(row, as_json, f"Paused {safe(row.name)}. No request with it is allowed until you resume it.")


@command.command("resume")
@click.argument("token", metavar="ID|NAME")
@json_option
def resume_(token: str, as_json: bool) -> None:
    """Let a paused token go on."""
    caller = open_keyhole()
    from keyhole.tokens.lifecycle import resume

    row = resume(caller, find(caller, token).pk)
    _say(row, as_json, f"Resumed {safe(row.name)}. {sentence(row)}")


def _say(row: Token, as_json: bool, text: str) -> None:
    if as_json:
        say_json(as_dict(row))
    else:
        click.echo(text)


@command.command("revoke")
@click.argument("token", metavar="ID|NAME")
@click.option("--reason", default="", help="Kept in the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def revoke(token: str, reason: str, yes: bool, as_json: bool) -> None:
    """Revoke a token at once and for good. Whatever uses it stops working."""
    caller = open_keyhole()
    from keyhole.tokens.services import revoke as revoke_token

    row = find(caller, token)
    if not yes and not as_json:
        click.confirm(
            f"Revoke {safe(row.name)!r}, last used {ago(row.last_used_at)}? It cannot be undone",
            abort=True,
            err=True,
        )
    row = revoke_token(caller, row.pk, reason)
    if as_json:
        say_json(as_dict(row))
    else:
        click.echo(f"Revoked {safe(row.name)}. No request with it is allowed any more.")


@command.command("report-leaked")
@json_option
def report_leaked(as_json: bool) -> None:
    """Revoke every token of this Keyhole that stands on standard input, between whatever else stands there.

    Hand in what a secret scanner or a log has found; what is no token of ours is passed over. No rights are asked for:
    whoever holds a token can end it.
    """
    caller = open_keyhole()
    from keyhole.core.secret import Secret
    from keyhole.tokens.leaked import report

    if sys.stdin.isatty():
        raise click.UsageError("Send the text on standard input: keyhole token report-leaked < FILE")
    words: dict[str, None] = {}
    for line in sys.stdin:
        words.update(dict.fromkeys(re.findall(r"kh[pa]_[0-9A-Za-z]{49}", line, re.ASCII)))
    number = report([Secret(word) for word in words], caller)
    if as_json:
        say_json({"found": len(words), "revoked": number})
    else:
        click.echo(f"{len(words):,} found that look like tokens, {number:,} revoked by this call.")


@command.command("permissions")
@json_option
def permissions_(as_json: bool) -> None:
    """List every permission with its levels, in GitHub's words."""
    from keyhole.core.permissions import vocabulary

    rows = [
        (entry.group.value, entry.name, entry.title, "/".join(level.word for level in entry.levels))
        for entry in vocabulary().permissions.values()
    ]
    if as_json:
        say_json([dict(zip(("group", "name", "title", "levels"), row, strict=True)) for row in rows])
    else:
        table(("GROUP", "NAME", "TITLE", "LEVELS"), sorted(rows), empty="")
