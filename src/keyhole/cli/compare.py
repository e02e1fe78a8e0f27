"""`keyhole compare`: two runs of code scans beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from keyhole.cli.output import json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keyhole.core.finding import Finding
    from keyhole.reports.comparison import Comparison


@click.command("compare")
@click.argument("before", type=int)
@click.argument("after", type=int)
@json_option
def command(before: int, after: int, as_json: bool) -> None:
    """Say what the scan AFTER has that the scan BEFORE had not, and the other way round; numbers of scans.

    What else differs is said, too: commit, scanners, rules, advisories. `keyhole findings` lists the scans.
    """
    caller = open_keyhole()
    from keyhole.reports.history import compare

    found = compare(caller, before, after)
    if as_json:
        say_json(found.to_json())
    else:
        _tell(found)


def _tell(found: Comparison) -> None:
    if found.differences:
        differs = [(each.label, each.before, each.after) for each in found.differences]
        table(("DIFFERS", f"SCAN {found.before.number}", f"SCAN {found.after.number}"), differs, empty="")
        click.echo()
    rows = [*_rows("new", found.new), *_rows(found.gone_word, found.gone)]
    for each in found.changed:
        rows += _rows(f"was {each.before.severity.value}", [each.after])
    if rows:
        table(("", "SEVERITY", "WHAT", "WHERE", "COMMIT"), rows, empty="")
        click.echo()
    if found.libraries:
        changes = [
            (each.name, each.ecosystem, ", ".join(each.before) or "-", ", ".join(each.after) or "-")
            for each in found.libraries
        ]
        table(("LIBRARY", "FROM", "BEFORE", "AFTER"), changes, empty="")
        click.echo()
    click.echo(safe(found.sentence[:1].upper() + found.sentence[1:]))
    if found.gone and found.backwards:
        click.echo(
            f"Scan {found.after.number} is older than scan {found.before.number}, so none of that is fixed."
        )
    elif found.gone and not found.fixed_is_known:
        click.echo(
            f"What is gone may still be there: scan {found.after.number} did not look at everything that "
            f"scan {found.before.number} looked at."
        )


def _rows(word: str, findings: Iterable[Finding]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for each in findings:
        place = each.locations[0]
        rows.append((word, each.severity.value, each.title, place.where, place.commit[:10]))
    return rows
