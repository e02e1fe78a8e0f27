"""`keyhole environment`: where the code of a scan goes, and what matters there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import count, json_option, not_empty, safe, say_json, table
from keyhole.cli.session import open_keyhole
from keyhole.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyhole.core.caller import Caller
    from keyhole.environments.models import Environment
    from keyhole.environments.services import EnvironmentSpec

_NAMED = 5
"""Schedules that are named where many are meant."""


@click.group("environment")
def command() -> None:
    """Environments: by which policy scans are judged, when findings are due, who hears of it."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the environments."""
    caller = open_keyhole()
    from keyhole.environments.services import list_environments

    rows = list(list_environments(caller))
    if as_json:
        say_json([_as_dict(row) for row in rows])
        return
    table(
        ("ID", "ENVIRONMENT", "POLICY", "DUE IN DAYS", "TELLS", "TELLS GITHUB"),
        [
            (
                row.pk,
                row.name,
                row.policy or "-",
                " ".join(f"{severity}={days}" for severity, days in row.due if days) or "-",
                ", ".join(each.name for each in row.channels.all()) or "-",
                " ".join(row.upstream) or "-",
            )
            for row in rows
        ],
        empty="No environments yet. `keyhole environment new Production` makes one.",
    )


def _options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--description", default=None),
            click.option(
                "--policy",
                default=None,
                callback=not_empty,
                metavar="POLICY",
                help="Name or id of a kept policy; - is none.",
            ),
            click.option(
                "--due",
                "due",
                multiple=True,
                metavar="SEVERITY=DAYS",
                help="Days until a finding of this severity is due; - is none. Repeatable.",
            ),
            click.option(
                "--notify",
                "channels",
                multiple=True,
                metavar="CHANNEL",
                help="A notification channel that hears of breaches at once; - is none. Repeatable.",
            ),
            click.option(
                "--tell-github",
                "upstream",
                multiple=True,
                metavar="WHAT",
                help="status, comment or sarif; - is nothing. Repeatable.",
            ),
            click.option("--rank", type=int, default=None, help="The lowest is listed first."),
        )
    ):
        function = option(function)
    return function


@command.command("new")
@click.argument("name")
@_options
@json_option
def new(name: str, as_json: bool, **given: Any) -> None:
    """Make an environment called NAME."""
    caller = open_keyhole()
    from keyhole.environments.services import EnvironmentSpec, create

    row = create(caller, _changed(caller, EnvironmentSpec(name), given))
    _done(row, f"{safe(row.name)} is there, with the id {row.pk}.", as_json)


@command.command("change")
@click.argument("environment")
@click.option("--name", default=None, help="Another name.")
@_options
@json_option
def change(environment: str, name: str | None, as_json: bool, **given: Any) -> None:
    """Change an ENVIRONMENT (name or id). What is not named stays as it is."""
    caller = open_keyhole()
    from keyhole.environments import services

    row = services.by_name(caller, environment)
    spec = services.spec_of(row)
    spec = spec if name is None else dataclasses.replace(spec, name=name)
    row = services.change(caller, row.pk, _changed(caller, spec, given))
    _done(row, f"{safe(row.name)} is as you say, for scans from now on.", as_json)


@command.command("remove")
@click.argument("environment")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(environment: str, yes: bool, as_json: bool) -> None:
    """Remove an ENVIRONMENT (name or id). Its scans keep their verdicts; schedules that chose it scan on without."""
    caller = open_keyhole()
    from keyhole.environments import services
    from keyhole.schedules.services import measured_by

    row = services.by_name(caller, environment)
    without = measured_by(caller, row.pk)
    left = _left(row, [schedule.name for schedule in without])
    if not yes:
        click.confirm(f"{left}Remove the environment {safe(row.name)}?", abort=True, err=True)
    services.remove(caller, row.pk)
    if as_json:
        schedules = [{"id": schedule.pk, "name": schedule.name} for schedule in without]
        say_json({"id": row.pk, "name": row.name, "removed": True, "schedules": schedules})
        return
    click.echo(f"{safe(row.name)} is removed. {left}".rstrip())


def _left(row: Environment, schedules: list[str]) -> str:
    """What becomes of the schedules that chose it, as a sentence and a space; empty if none did."""
    if not schedules:
        return ""
    more = f" and {len(schedules) - _NAMED:,} more" if len(schedules) > _NAMED else ""
    named = ", ".join(safe(name) for name in schedules[:_NAMED])
    number = count(len(schedules), "schedule")
    lose, scan = ("loses its", "scans") if len(schedules) == 1 else ("lose their", "scan")
    what = "gates" if row.policy is not None else "environment"
    return f"{number} {lose} {what} and {scan} on without: {named}{more}. "


def _changed(caller: Caller, spec: EnvironmentSpec, given: dict[str, Any]) -> EnvironmentSpec:
    """The environment with what the options say."""
    from keyhole.environments.policies import by_name

    if given["description"] is not None:
        spec = dataclasses.replace(spec, description=given["description"])
    if given["rank"] is not None:
        spec = dataclasses.replace(spec, rank=given["rank"])
    if given["policy"] is not None:
        wanted = given["policy"]
        number = None if wanted == "-" else by_name(caller, wanted).pk
        spec = dataclasses.replace(spec, policy_id=number)
    if given["due"]:
        spec = dataclasses.replace(spec, due_days=_due(spec, _stated(given["due"])))
    if given["channels"]:
        numbers = tuple(_channel(caller, name) for name in _stated(given["channels"]))
        spec = dataclasses.replace(spec, channel_ids=numbers)
    if given["upstream"]:
        spec = dataclasses.replace(spec, upstream=_stated(given["upstream"]))
    return spec


def _stated(given: tuple[str, ...]) -> tuple[str, ...]:
    return () if given == ("-",) else given


def _due(spec: EnvironmentSpec, given: tuple[str, ...]) -> dict[str, int]:
    days = dict(spec.due_days) if given else {}
    for text in given:
        severity, _, number = text.partition("=")
        if number == "-":
            days.pop(severity, None)
        elif number.isascii() and number.isdigit() and len(number) < 8:
            days[severity] = int(number)
        else:
            raise InvalidInput(f"{text!r} is no due date.", field="due", hint="Write it as critical=2.")
    return days


def _channel(caller: Caller, text: str) -> int:
    from keyhole.notifications.services import list_channels

    for row in list_channels(caller):
        if text in (str(row.pk), row.name):
            return row.pk
    raise NotFound(f"There is no channel {text!r}.", hint="`keyhole notification list` shows the channels.")


def _done(row: Environment, words: str, as_json: bool) -> None:
    if as_json:
        say_json(_as_dict(row))
        return
    click.echo(words)


def _as_dict(row: Environment) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "description": row.description,
        "rank": row.rank,
        "policy": row.policy.name if row.policy else None,
        "due_days": row.due_days,
        "channels": [each.name for each in row.channels.all()],
        "tell_github": row.upstream,
    }
