"""`keyhole integration`: the register of external systems that hold a token."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from keyhole.cli.integration import shown
from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole
from keyhole.core.errors import InvalidInput

if TYPE_CHECKING:
    from keyhole.integrations.services import Registered


@click.group("integration")
def command() -> None:
    """Integrations: which external system holds which token, what it reaches, and how it fares."""


@command.command("list")
@click.argument("words", nargs=-1)
@click.option("--health", default="", help="Only those that fare so, for example expiring.")
@click.option("--owner", default="", help="Only those of this person, by login.")
@click.option("--repository", "-r", default="", metavar="OWNER/REPO", help="Only those that reach it.")
@click.option("--permission", "-p", default="", metavar="NAME", help="Only those that hold it.")
@click.option("--writes", is_flag=True, help="Only those that can change something.")
@click.option("--all", "include_ended", is_flag=True, help="Also those that hold no token any more.")
@json_option
def list_(
    words: tuple[str, ...],
    health: str,
    owner: str,
    repository: str,
    permission: str,
    writes: bool,
    include_ended: bool,
    as_json: bool,
) -> None:
    """List every integration with its owner, reach, last use and expiration; WORDS narrow it down."""
    caller = open_keyhole()
    from keyhole.integrations.filtering import Filter
    from keyhole.integrations.holdings import Health
    from keyhole.integrations.services import register

    if health not in ("", *Health):
        raise InvalidInput(
            f"{health!r} is not a health.", field="health", hint=f"There are: {', '.join(Health)}."
        )
    title = shown.permission_title(permission)
    asked = Filter(" ".join(words), health, owner, repository, title, writes)
    rows = asked.apply(register(caller, include_ended=include_ended or health == "ended"))
    if as_json:
        say_json([shown.as_dict(row) for row in rows])
        return
    table(
        ("ID", "INTEGRATION", "OWNER", "REACHES", "PERMISSIONS", "LAST USED", "EXPIRES", "HEALTH"),
        [
            (
                row.row.pk,
                row.row.name,
                row.row.owner.login,
                row.reach_line,
                shown.permissions(row),
                ago(row.latest.token.last_used_at if row.latest else None),
                ago(row.expires_at),
                row.health.value,
            )
            for row in rows
        ],
        empty="No integration matches."
        if asked.any
        else "No integrations yet. A token that you generate for a tool appears here.",
    )


@command.command("show")
@click.argument("integration", metavar="ID|NAME")
@json_option
def show(integration: str, as_json: bool) -> None:
    """Show one integration: its tokens, its use by the day, from where, and what it does not use."""
    caller = open_keyhole()
    from keyhole.integrations.services import find

    found = find(caller, integration)
    if as_json:
        say_json(shown.in_full(found))
    else:
        shown.say(caller, found)


@command.command("test")
@click.argument("integration", metavar="ID|NAME")
@json_option
def test(integration: str, as_json: bool) -> None:
    """Say what a request with its rights would be told now, repository by repository. Nothing is sent.

    Ends with 1 if one of its tokens does not reach what it was generated for.
    """
    caller = open_keyhole()
    from keyhole.integrations.services import find
    from keyhole.integrations.trying import try_out

    found = find(caller, integration)
    trials = try_out(caller, found.row.pk)
    if as_json:
        say_json([shown.trial_as_dict(trial) for trial in trials])
    else:
        for trial in trials:
            shown.say_trial(trial)
        if not trials:
            click.echo(f"{safe(found.row.name)} holds no token, so there is nothing to test.")
    if not trials or not all(trial.works for trial in trials):
        sys.exit(1)


@command.command("setup")
@click.argument("integration", metavar="ID|NAME")
@json_option
def setup(integration: str, as_json: bool) -> None:
    """Print ready-made texts that tell the tool this Keyhole's addresses."""
    caller = open_keyhole()
    from keyhole.integrations.services import find
    from keyhole.integrations.setups import groups

    found = find(caller, integration)
    texts = groups(found.row.preset, next(iter(found.repositories), ""))
    if as_json:
        say_json(
            [
                {
                    "id": group.id,
                    "title": group.title,
                    "warning": group.warning,
                    "texts": [{"title": text.title, "text": text.text} for text in group.texts],
                }
                for group in texts
            ]
        )
        return
    for group in texts:
        click.echo(click.style(group.title, bold=True) + (f"  {group.warning}" if group.warning else ""))
        for text in group.texts:
            indented = "\n".join(f"    {line}" for line in text.text.splitlines())
            click.echo(f"  {text.title}\n{indented}\n")


@command.command("edit")
@click.argument("integration", metavar="ID|NAME")
@click.option("--name", default=None, help="At most 60 characters.")
@click.option("--purpose", default=None, help="What it is for, in a sentence.")
@click.option("--notes", default=None, help="Whatever else people should know.")
@click.option("--owner", default=None, metavar="LOGIN", help="The person to ask about it.")
@click.option("--preset", default=None, metavar="ID", help="`keyhole plan --list-presets` lists them.")
@json_option
def edit(
    integration: str,
    name: str | None,
    purpose: str | None,
    notes: str | None,
    owner: str | None,
    preset: str | None,
    as_json: bool,
) -> None:
    """Change what is written about an integration. What it may is decided by its tokens alone."""
    if all(value is None for value in (name, purpose, notes, owner, preset)):
        raise click.UsageError("Say what to change, for example --purpose TEXT.")
    caller = open_keyhole()
    from keyhole.integrations import services

    change = services.Edit(name, purpose, notes, owner, preset)
    found = services.edit(caller, services.find(caller, integration).row.pk, change)
    _say(found, as_json, f"Changed {safe(found.row.name)}.")


@command.command("pause")
@click.argument("integration", metavar="ID|NAME")
@click.option("--reason", default="", help="Kept in the audit log.")
@json_option
def pause(integration: str, reason: str, as_json: bool) -> None:
    """Allow nothing to an integration until it is resumed."""
    caller = open_keyhole()
    from keyhole.integrations import services

    found = services.pause(caller, services.find(caller, integration).row.pk, reason)
    _say(found, as_json, f"Paused {safe(found.row.name)}. Nothing is allowed to it until you resume it.")


@command.command("resume")
@click.argument("integration", metavar="ID|NAME")
@json_option
def resume(integration: str, as_json: bool) -> None:
    """Let a paused integration go on."""
    caller = open_keyhole()
    from keyhole.integrations import services

    found = services.resume(caller, services.find(caller, integration).row.pk)
    _say(found, as_json, f"Resumed {safe(found.row.name)}.")


@command.command("rotate")
@click.argument("integration", metavar="ID|NAME")
@click.option("--overlap", default="7d", show_default=True, metavar="DAYSd|HOURSh|none")
@json_option
def rotate(integration: str, overlap: str, as_json: bool) -> None:
    """Give an integration a new token for the same rights. It is printed once, on standard output.

    The old one works until the new one is first used.
    """
    caller = open_keyhole()
    from keyhole.cli.token import overlap_of
    from keyhole.integrations import services

    found = services.find(caller, integration)
    issued = services.rotate(caller, found.row.pk, overlap_of(overlap))
    if as_json:
        again = services.get(caller, found.row.pk)
        say_json({**shown.as_dict(again), "token": issued.secret.reveal()})
        return
    click.echo(f"A new token for {safe(found.row.name)}. The old one ends when this one is used.", err=True)
    click.echo("Copy the token now: it is displayed only once.", err=True)
    click.echo(issued.secret.reveal())


@command.command("remove")
@click.argument("integration", metavar="ID|NAME")
@click.option("--reason", default="", help="Kept in the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(integration: str, reason: str, yes: bool, as_json: bool) -> None:
    """Revoke every token that an integration holds, and take it off the register."""
    caller = open_keyhole()
    from keyhole.integrations import services

    found = services.find(caller, integration)
    if not yes and not as_json:
        for held in found.live:
            click.echo(
                f"  {safe(held.token.name)}: {safe(held.reach)}, last used {ago(held.token.last_used_at)}",
                err=True,
            )
        click.confirm(
            f"Remove {safe(found.row.name)!r} and revoke these? It cannot be undone", abort=True, err=True
        )
    removed = services.remove(caller, found.row.pk, reason)
    _say(removed, as_json, f"Removed {safe(found.row.name)}. Nothing is allowed to it any more.")


def _say(found: Registered, as_json: bool, text: str) -> None:
    if as_json:
        say_json(shown.as_dict(found))
    else:
        click.echo(text)
