"""Integrations in words and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.describe import as_dict as token_as_dict
from keyhole.cli.output import ago, safe, table
from keyhole.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyhole.core.caller import Caller
    from keyhole.integrations.activity import Day
    from keyhole.integrations.services import Registered
    from keyhole.integrations.trying import Trial

_BLOCKS = " ▁▂▃▄▅▆▇█"


def permission_title(name: str) -> str:
    """The title of a permission by its name. InvalidInput for what is none."""
    from keyhole.core.permissions import vocabulary

    known = vocabulary().permissions.get(name)
    if name and known is None:
        raise InvalidInput(
            f"There is no permission called {name[:60]!r}.",
            field="permission",
            hint="`keyhole token permissions` lists them all.",
        )
    return known.title if known else ""


def permissions(found: Registered) -> str:
    """Its permissions, highest first, short."""
    words = [f"{title}: {level.word}" for title, level in found.permissions[:3]]
    more = len(found.permissions) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "") if words else "none"


def as_dict(found: Registered) -> dict[str, Any]:
    """An integration for machines, without any secret."""
    row, latest = found.row, found.latest
    return {
        "id": row.pk,
        "name": row.name,
        "owner": row.owner.login,
        "purpose": row.purpose,
        "notes": row.notes,
        "preset": row.preset or None,
        "health": found.health.value,
        "repositories": found.repositories,
        "permissions": {title: level.word for title, level in found.permissions},
        "writes": found.writes,
        "last_used_at": latest.token.last_used_at if latest else None,
        "last_used_address": latest.token.last_used_address if latest else None,
        "expires_at": found.expires_at,
        "requests": found.requests,
        "denials": found.denials,
        "tokens": [token_as_dict(held.token) for held in found.live],
    }


def in_full(found: Registered) -> dict[str, Any]:
    """An integration with its use by the day and what it does not use."""
    from keyhole.integrations import activity, drift
    from keyhole.tokens.models import SeenKind

    ids = [held.token.pk for held in found.holdings]
    return {
        **as_dict(found),
        "days": [
            {"day": each.day, "requests": each.requests, "denials": each.denials}
            for each in activity.days(ids)
        ],
        "addresses": [
            {"address": place.what, "first_at": place.first_at, "last_at": place.last_at}
            for place in activity.places(ids, SeenKind.ADDRESS)
        ],
        "programs": [place.what for place in activity.places(ids, SeenKind.AGENT)],
        "unused": [
            {
                "token": each.token.name,
                "idle": each.idle,
                "permissions": {
                    one.name: {"held": one.held.word, "used": one.used.word if one.used else None}
                    for one in each.excess
                },
                "repositories": each.repositories,
            }
            for each in drift.drift_of(found.live)
            if each.any
        ],
    }


def say(caller: Caller, found: Registered) -> None:
    """An integration for people."""
    from keyhole.integrations import activity
    from keyhole.integrations.holdings import recent_denials
    from keyhole.tokens.models import SeenKind

    row, ids = found.row, [held.token.pk for held in found.holdings]
    click.echo(f"{safe(row.name)}  ({found.health.value}, id {row.pk})")
    if row.purpose:
        click.echo(safe(row.purpose))
    click.echo("")
    used = found.latest
    table(
        ("FIELD", "VALUE"),
        [
            ("Owner", row.owner.login),
            ("Reaches", found.reach_line),
            ("Permissions", permissions(found)),
            (
                "Last used",
                f"{ago(used.token.last_used_at)} {used.token.last_used_address}" if used else "never",
            ),
            (
                "Used from",
                ", ".join(place.what for place in activity.places(ids, SeenKind.ADDRESS)) or "nowhere yet",
            ),
            (
                "Used by",
                ", ".join(place.what for place in activity.places(ids, SeenKind.AGENT)) or "nothing yet",
            ),
            ("Expires", ago(found.expires_at)),
            ("Requests", f"{found.requests:,} allowed, {found.denials:,} denied"),
            ("30 days", spark(activity.days(ids))),
        ],
        empty="",
    )
    click.echo("")
    table(
        ("TOKEN", "REACHES", "EXPIRES", "HEALTH"),
        [
            (held.token.name, held.reach_line, ago(held.token.expires_at), held.health.value)
            for held in found.holdings
        ],
        empty="It holds no token any more.",
    )
    _say_drift(found)
    for entry in [one for token_id in ids for one in recent_denials(caller, token_id, 3)][:3]:
        asked = f"{entry.subject.get('method', '')} {entry.subject.get('target', '')}"
        click.echo(f"\nRefused {ago(entry.at)}: {safe(asked.strip())}\n  keyhole explain {entry.id}")


def _say_drift(found: Registered) -> None:
    from keyhole.integrations.drift import drift_of

    for each in (one for one in drift_of(found.live) if one.any):
        click.echo(f"\n{safe(each.token.name)} may more than it used in 30 days:")
        if each.idle:
            click.echo("  nothing at all was done with it: pause or revoke it")
            continue
        for one in each.excess:
            click.echo(
                f"  {one.name}: {one.held.word} granted, {one.used.word if one.used else 'never'} used"
            )
        for name in each.repositories:
            click.echo(f"  {safe(name)}: nothing was asked of it")


def spark(days: Sequence[Day]) -> str:
    """The days as one line of bars, with the busiest one in words."""
    totals = [each.requests + each.denials for each in days]
    most = max(totals, default=0)
    if not most:
        return "no use"
    bars = "".join(_BLOCKS[0 if not total else max(1, round(8 * total / most))] for total in totals)
    return f"{bars}  at most {most:,} a day"


def trial_as_dict(trial: Trial) -> dict[str, Any]:
    """What was tried with one token, for machines."""
    return {
        "token": trial.holding.token.name,
        "works": trial.works,
        "problem": trial.problem or None,
        "repositories": [
            {
                "repository": each.full_name,
                "problem": each.problem or None,
                "allowed": [answer.operation for answer in each.answers if answer.allowed],
                "denied": {answer.operation: answer.needs for answer in each.answers if not answer.allowed},
                "operations": each.operations,
                "of": trial.of,
            }
            for each in trial.repositories
        ],
        "not_tried": trial.more,
    }


def say_trial(trial: Trial) -> None:
    """What was tried with one token, for people."""
    state = "works" if trial.works else "does not work"
    click.echo(click.style(f"{safe(trial.holding.token.name)} {state}", bold=True))
    if trial.problem:
        click.echo(f"  {trial.problem}")
    for each in trial.repositories:
        click.echo(f"\n  {safe(each.full_name)}  {each.problem}".rstrip())
        for answer in each.answers:
            needs = f"  (needs {answer.needs})" if answer.needs else ""
            click.echo(f"    {'yes' if answer.allowed else 'no ':<3}  {answer.title}{needs}")
        click.echo(f"    {each.operations} of {trial.of} documented operations")
    if trial.more:
        click.echo(f"  and {trial.more} more repositories, which were not tried")
