"""`keyhole notification`: the places that are told what happens here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole
from keyhole.core.errors import InvalidInput

if TYPE_CHECKING:
    from keyhole.core.caller import Caller
    from keyhole.notifications.models import Channel, Delivery
    from keyhole.notifications.services import RuleSpec

_RULE_HELP = (
    "EVENT=immediately, daily or never, with :warning or :critical for what matters less; `*` is every event without "
    "a rule of its own. Repeatable; default: warnings at once, new findings daily."
)


@click.group("notification")
def command() -> None:
    """Notifications: mail, Slack, Microsoft Teams, signed webhooks."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the channels and how they are."""
    caller = open_keyhole()
    from keyhole.notifications.services import list_channels

    rows = list_channels(caller)
    if as_json:
        say_json([_as_dict(row) for row in rows])
        return
    table(
        ("ID", "CHANNEL", "KIND", "GOES TO", "STATE", "LAST ARRIVED"),
        [(row.pk, row.name, row.kind, row.target, _state(row), ago(row.sent_at)) for row in rows],
        empty='No channels yet. `keyhole notification new slack "Security room"` makes one.',
    )


@command.command("events")
@json_option
def events(as_json: bool) -> None:
    """List the events that a channel can be told of."""
    from keyhole.notifications.events import EVENTS

    if as_json:
        say_json([{"name": kind.name, "title": kind.title, "about": kind.about} for kind in EVENTS.values()])
        return
    table(("EVENT", "WHEN"), [(kind.name, kind.about) for kind in EVENTS.values()], empty="")


@command.command("new")
@click.argument("kind")
@click.argument("name")
@click.option("--to", default="", metavar="ADDRESSES", help="Mail: recipients, separated by commas.")
@click.option("--rule", "rules", multiple=True, metavar="EVENT=WHEN[:SEVERITY]", help=_RULE_HELP)
@json_option
def new(kind: str, name: str, to: str, rules: tuple[str, ...], as_json: bool) -> None:
    """Make a channel of KIND mail, slack, teams or webhook.

    The webhook's address is asked for, or read from standard input, since it is a secret; for `webhook`, a second line
    may hold the signing key (without one, a key is made and printed once).
    """
    caller = open_keyhole()
    from keyhole.notifications.channels.interface import kind_of
    from keyhole.notifications.services import DEFAULT_RULES, ChannelSpec, create

    secrets = [field for field in kind_of(kind).fields if field.secret]
    values = {"to": to, **_asked([(field.name, field.label, field.generated) for field in secrets])}
    wanted = dict(map(_rule, rules)) if rules else DEFAULT_RULES
    made = create(caller, ChannelSpec(kind, name, values, wanted))
    generated = {name: secret.reveal() for name, secret in made.generated.items()}
    if as_json:
        say_json({**_as_dict(made.channel), **generated})
        return
    click.echo(f"{safe(made.channel.name)} is there, with the id {made.channel.pk}.", err=True)
    for text in generated.values():
        click.echo("Copy the signing key now: it is displayed only once.", err=True)
        click.echo(text)
    click.echo(f"Send a test: keyhole notification test {made.channel.pk}", err=True)


def _asked(fields: list[tuple[str, str, bool]]) -> dict[str, str]:
    """Secrets from the terminal, unseen, or from standard input, one a line."""
    if sys.stdin.isatty():
        return {
            name: click.prompt(
                label, hide_input=True, err=True, default="" if optional else None, show_default=False
            )
            for name, label, optional in fields
        }
    return {name: sys.stdin.readline(8192).strip() for name, _, _ in fields}


def _rule(text: str) -> tuple[str, RuleSpec]:
    from keyhole.notifications.events import Severity
    from keyhole.notifications.models import When
    from keyhole.notifications.services import RuleSpec

    kind, _, choice = text.partition("=")
    when, _, least = choice.partition(":")
    try:
        return kind, RuleSpec(When(when), Severity(least or "info"))
    except ValueError as problem:
        raise InvalidInput(
            f"{text!r} is no rule.",
            field="rules",
            hint="Write it as scan.findings=daily or *=immediately:warning.",
        ) from problem


@command.command("change")
@click.argument("channel")
@click.option("--name", default="", help="Another name.")
@click.option("--to", default="", metavar="ADDRESSES", help="Mail: other recipients.")
@click.option(
    "--secrets", is_flag=True, help="Ask for the address (and key) anew, or read them from standard input."
)
@click.option("--rule", "rules", multiple=True, metavar="EVENT=WHEN[:SEVERITY]", help="Replaces all rules.")
@json_option
def change(channel: str, name: str, to: str, secrets: bool, rules: tuple[str, ...], as_json: bool) -> None:
    """Change a CHANNEL (id or name). What is not named, or left empty, stays as it is."""
    caller = open_keyhole()
    from keyhole.notifications import services
    from keyhole.notifications.channels.interface import kind_of

    row = _found(caller, channel)
    asked = (
        _asked([(field.name, field.label, True) for field in kind_of(row.kind).secret_fields])
        if secrets
        else {}
    )
    wanted = dict(map(_rule, rules))
    if name or to or any(asked.values()):
        row = services.change(
            caller, row.pk, name or row.name, {**row.values, **asked, **({"to": to} if to else {})}
        )
    if wanted:
        services.set_rules(caller, row.pk, wanted)
    if as_json:
        say_json(_as_dict(row))
        return
    click.echo(f"{safe(row.name)} is as you say. Send a test: keyhole notification test {row.pk}")


@command.command("test")
@click.argument("channel")
@json_option
def test(channel: str, as_json: bool) -> None:
    """Send a message to a CHANNEL (id or name) now, and tell what really came of it. Exit code 1: it did not arrive."""
    caller = open_keyhole()
    from keyhole.notifications import services

    tested = services.test(caller, _found(caller, channel).pk)
    if as_json:
        say_json({"arrived": tested.arrived, "said": tested.said})
    else:
        click.echo(f"It {'arrived' if tested.arrived else 'did not arrive'}. {safe(tested.said)}")
    sys.exit(0 if tested.arrived else 1)


@command.command("log")
@click.argument("channel", required=False)
@json_option
def log(channel: str | None, as_json: bool) -> None:
    """Show what was sent, to one CHANNEL (id or name) or to all."""
    caller = open_keyhole()
    from keyhole.notifications.services import deliveries

    rows = deliveries(caller, _found(caller, channel).pk if channel else None)
    if as_json:
        say_json([_delivery(row) for row in rows])
        return
    table(
        ("CHANNEL", "WHAT", "STATE", "ATTEMPTS", "WHEN", "SAID"),
        [
            (
                row.channel.name,
                _what(row),
                row.state,
                row.attempts,
                ago(row.created_at),
                row.problem or row.answer,
            )
            for row in rows
        ],
        empty="Nothing was sent yet.",
    )


@command.command("pause")
@click.argument("channel")
@json_option
def pause(channel: str, as_json: bool) -> None:
    """Stop telling a CHANNEL (id or name) anything."""
    _set_paused(channel, True, as_json)


@command.command("resume")
@click.argument("channel")
@json_option
def resume(channel: str, as_json: bool) -> None:
    """Tell a CHANNEL (id or name) again what its rules want."""
    _set_paused(channel, False, as_json)


def _set_paused(channel: str, paused: bool, as_json: bool) -> None:
    caller = open_keyhole()
    from keyhole.notifications import services

    row = services.set_paused(caller, _found(caller, channel).pk, paused)
    if as_json:
        say_json(_as_dict(row))
        return
    click.echo(f"{safe(row.name)} is {'paused' if paused else 'told again what its rules want'}.")


@command.command("remove")
@click.argument("channel")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(channel: str, yes: bool, as_json: bool) -> None:
    """Remove a CHANNEL (id or name) and forget its secrets."""
    caller = open_keyhole()
    from keyhole.notifications import services

    row = _found(caller, channel)
    if not yes:
        click.confirm(f"Remove {safe(row.name)}, which sends to {safe(row.target)}?", abort=True, err=True)
    services.remove(caller, row.pk)
    if as_json:
        say_json({"id": row.pk, "name": row.name, "removed": True})
        return
    click.echo(f"{safe(row.name)} is removed.")


def _found(caller: Caller, text: str) -> Channel:
    from keyhole.core.errors import NotFound
    from keyhole.notifications.services import get, list_channels

    for row in list_channels(caller):
        if text in (str(row.pk), row.name):
            return get(caller, row.pk)
    raise NotFound(f"There is no channel {text!r}.", hint="`keyhole notification list` shows the channels.")


def _state(row: Channel) -> str:
    if row.paused_at:
        return "paused"
    if row.problem:
        return "failing"
    return "working" if row.sent_at else "not tested"


def _as_dict(row: Channel) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "kind": row.kind,
        "goes_to": row.target,
        "state": _state(row),
        "problem": row.problem,
        "last_arrived": row.sent_at,
        "rules": {rule.kind: {"when": rule.when, "least": rule.least} for rule in row.rules.all()},
    }


def _what(row: Delivery) -> str:
    found = list(row.occurrences.all())
    return f"summary of {len(found)}" if row.summary else ", ".join(each.title for each in found)


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "channel": row.channel.name,
        "events": [{"kind": each.kind, "title": each.title} for each in row.occurrences.all()],
        "summary": row.summary,
        "state": row.state,
        "attempts": row.attempts,
        "said": row.problem or row.answer,
        "at": row.created_at,
        "due_at": row.due_at,
    }
