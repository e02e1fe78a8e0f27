"""Deciding about findings, and taking decisions back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import count, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from datetime import datetime

    from keyhole.findings.models import Decision

_everywhere = click.option(
    "--everywhere",
    is_flag=True,
    help="The advisory of the package, under all its names, in every repository.",
)
_rule = click.option(
    "--rule-in-repository",
    is_flag=True,
    help="The rule in its repository, also what comes later.",
)
_reason = click.option("--reason", required=True, help="Why, for whoever reads it in a year.")
_preview = click.option("--preview", is_flag=True, help="Only say what it would hide.")
_ids = click.argument("ids", type=int, nargs=-1, required=True)


@click.command("accept")
@_ids
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day, UTC.")
@_reason
@_everywhere
@_rule
@_preview
@json_option
def accept(until: datetime, **given: Any) -> None:
    """Accept findings until a day, after which they are open again."""
    from datetime import UTC, timedelta

    end = until.replace(tzinfo=UTC) + timedelta(days=1, seconds=-1)
    _decide("accepted", end, **given)


@click.command("false-positive")
@_ids
@_reason
@_everywhere
@_rule
@_preview
@json_option
def false_positive(**given: Any) -> None:
    """Say that findings are not what they look like."""
    _decide("false_positive", None, **given)


def _decide(
    kind: str,
    until: datetime | None,
    *,
    ids: tuple[int, ...],
    reason: str,
    everywhere: bool,
    rule_in_repository: bool,
    preview: bool,
    as_json: bool,
) -> None:
    if everywhere and rule_in_repository:
        raise click.UsageError("--everywhere and --rule-in-repository exclude each other: choose one.")
    scope = "package" if everywhere else "repository" if rule_in_repository else "finding"
    caller = open_keyhole()
    from keyhole.findings import services
    from keyhole.findings.deciding import DecisionSpec, widened

    spec = widened(DecisionSpec(kind, reason, until, scope, ids))
    seen = services.preview(caller, spec)
    if preview:
        _say_preview(seen, as_json)
        return
    made = services.decide(caller, replace(spec, replaces=tuple(each.pk for each in seen.replaces)))
    _say_replaced(seen)
    _say_decision(made, services.hidden_by(caller, made).count(), as_json)


def _say_preview(seen: Any, as_json: bool) -> None:
    from keyhole.findings.shown import decision_as_json

    if as_json:
        say_json(
            {
                "hides": seen.count,
                "repositories": dict(seen.repositories),
                "others": seen.others,
                "replaces": [decision_as_json(each) for each in seen.replaces],
            }
        )
        return
    click.echo(f"It would hide {count(seen.count, 'finding')}.")
    for name, number in seen.repositories:
        click.echo(f"  {safe(name)}: {number:,}")
    for each in seen.replaces:
        click.echo(f"It would replace {safe(each.told)}.")


def _say_replaced(seen: Any) -> None:
    """Whoever did not know of an earlier decision learns of it, and can take the new one back."""
    for each in seen.replaces:
        click.echo(f"It replaces {safe(each.told)}.", err=True)


def _say_decision(made: Decision, hidden: int, as_json: bool) -> None:
    from keyhole.findings.shown import decision_as_json

    if as_json:
        say_json(decision_as_json(made))
        return
    click.echo(
        f"{made.get_kind_display()}: {count(hidden, 'finding')}. `keyhole findings undo {made.pk}` takes it back."
    )


@click.command("decisions")
@json_option
def decisions(as_json: bool) -> None:
    """List what was decided, newest first."""
    caller = open_keyhole()
    from keyhole.findings import services
    from keyhole.findings.shown import decision_as_json

    rows = list(services.decisions(caller))
    if as_json:
        say_json([decision_as_json(row) for row in rows])
        return
    table(
        ("DECISION", "WHAT", "ABOUT", "REASON", "BY", "UNTIL", "STATE"),
        [
            (
                row.pk,
                row.get_kind_display(),
                row.about,
                row.reason[:60],
                row.made_by.email,
                f"{row.expires_at:%Y-%m-%d}" if row.expires_at else "-",
                row.state,
            )
            for row in rows
        ],
        empty="Nothing was decided yet.",
    )


@click.command("undo")
@click.argument("decision", type=int)
@json_option
def undo(decision: int, as_json: bool) -> None:
    """Take a DECISION back: what it alone hid is open again."""
    caller = open_keyhole()
    from keyhole.findings import services
    from keyhole.findings.shown import decision_as_json

    row = services.withdraw(caller, decision)
    if as_json:
        say_json(decision_as_json(row))
        return
    click.echo(f"Decision {row.pk} is taken back: what it alone hid is open again.")


COMMANDS = (accept, false_positive, decisions, undo)
