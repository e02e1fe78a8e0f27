"""What a connection may, in the terminal: beside its plan, and beside what was done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import ago, count, safe, say_json, table

if TYPE_CHECKING:
    from keyhole.integrations.watch.inspections import Inspected
    from keyhole.integrations.watch.rights import Right, Rights


def say_rights(rights: Rights) -> None:
    """The permissions as a table, then in words what does not fit."""
    click.echo()
    table(
        ("PERMISSION", "GRANTED", "PLANNED", "USED IN 30 DAYS"),
        [(each.name, *_words(each), ago(each.used_at, never="-")) for each in rights.rows],
        empty="It is not known what it can do. `keyhole connection check --thorough` asks GitHub.",
    )
    for line in _lines(rights):
        click.echo(safe(line))
    if rights.query:
        click.echo(f"A narrower plan, for what was used: /plan?{safe(rights.query)}")


def _words(each: Right) -> tuple[str, str]:
    return (each.granted.word if each.granted else "-", each.planned.word if each.planned else "-")


def _lines(rights: Rights) -> list[str]:
    lines = []
    if rights.scopes:
        lines.append(f"It has scopes, which reach further than any plan: {', '.join(rights.scopes)}.")
    lines += [f"{each.name}: {_words(each)[0]} is beyond the plan." for each in rights.beyond]
    lines += [f"{each.name}: {_words(each)[1]} was planned and is not granted." for each in rights.missing]
    for each in rights.idle:
        used = f"used for {each.used.word} only" if each.used else "not used"
        lines.append(f"{each.name}: {_words(each)[0]} was {used} in 30 days.")
    if rights.change is not None:
        told = (("can do since then", rights.change.widened), ("cannot do any more", rights.change.narrowed))
        words = "; ".join(f"{how}: {', '.join(what)}" for how, what in told if what)
        lines.append(f"Changed on GitHub, noticed {ago(rights.change.at)}: it {words}.")
    return lines


def rights_dict(rights: Rights) -> dict[str, Any]:
    """The same for machines."""
    change = rights.change
    return {
        "known": rights.known,
        "scopes": list(rights.scopes),
        "old_enough": rights.ripe,
        "permissions": {
            each.name: {
                "granted": each.granted.word if each.granted else None,
                "planned": each.planned.word if each.planned else None,
                "used": each.used.word if each.used else None,
                "used_at": each.used_at,
                "beyond_plan": each.beyond_plan,
                "unused": each.idle,
            }
            for each in rights.rows
        },
        "missing": [each.name for each in rights.missing],
        "changed": (
            {"at": change.at, "widened": change.widened, "narrowed": change.narrowed} if change else None
        ),
        "narrower_plan": f"/plan?{rights.query}" if rights.query else None,
    }


def say_inspected(found: Inspected, *, as_json: bool) -> None:
    """What asking GitHub came to."""
    from keyhole.integrations.watch.inspections import said, worded

    if as_json:
        change = found.change
        told = found.report.as_json() if found.report else {"permissions": worded(found.held)}
        say_json(
            {
                **told,
                "kept": found.kept,
                "widened": worded(change.widened, change.scopes_added),
                "narrowed": worded(change.narrowed, change.scopes_gone),
            }
        )
        return
    scopes = found.report.scopes if found.report else ()
    if scopes:
        click.echo(
            f"Scopes: {', '.join(map(safe, scopes))}. Such a token has no permissions of single kinds."
        )
    else:
        table(
            ("PERMISSION", "LEVEL"),
            [(name, level.word) for name, level in sorted(found.held.items())],
            empty="No permission is proved.",
        )
    click.echo(f"{count(found.requests, 'request')}, none of which can change anything.")
    if found.change.any or not found.kept:
        click.echo(safe(said(found)))
