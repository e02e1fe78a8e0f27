"""`keyhole rules`: what the scanner for secrets knows, and whether own rules for it are good."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyhole.cli.output import count, json_option, say_json, table
from keyhole.cli.session import use_settings

if TYPE_CHECKING:
    from keyhole.scanners.secrets.cost import Cost
    from keyhole.scanners.secrets.lint import Fault
    from keyhole.scanners.secrets.rules import Rule


@click.group("rules")
def command() -> None:
    """Rules of the scanner for secrets: ours, and those in the folder KEYHOLE_RULES."""


@command.command("list")
@click.option("--own", is_flag=True, help="Only the rules in KEYHOLE_RULES.")
@json_option
def list_(own: bool, as_json: bool) -> None:
    """List all rules: what each finds, how bad it is, and how sure."""
    own_rules = _own()
    from keyhole.scanners.secrets.rules import all_rules

    ours: tuple[Rule, ...] = () if own else all_rules()
    rows = sorted((*ours, *own_rules), key=lambda rule: rule.id)
    mine = {rule.id for rule in own_rules}
    if as_json:
        say_json(
            [
                {
                    "id": rule.id,
                    "title": rule.title,
                    "severity": rule.severity.value,
                    "confidence": rule.confidence.value,
                    "own": rule.id in mine,
                    "why": rule.why,
                    "fix": rule.fix,
                    "references": list(rule.references),
                }
                for rule in rows
            ]
        )
        return
    table(
        ("ID", "WHAT", "SEVERITY", "CONFIDENCE", ""),
        [
            (
                rule.id,
                rule.title,
                rule.severity.value,
                rule.confidence.value,
                "own" if rule.id in mine else "",
            )
            for rule in rows
        ],
        empty="There are no own rules: KEYHOLE_RULES names no folder with any.",
    )


@command.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--no-timing", is_flag=True, help="Leave out what takes long: measuring each rule's cost in time."
)
@json_option
def check(files: tuple[Path, ...], no_timing: bool, as_json: bool) -> None:
    """Check FILEs of own rules, or those in KEYHOLE_RULES, as thoroughly as ours are.

    Every example must be found by its rule alone, every counterexample by none, and no rule may cost much: the fast
    pass is measured with and without it.

    Exit codes: 0 all is well, 1 something is wrong with a rule, 2 a file cannot be read as rules.
    """
    rules = _read(files)
    from keyhole.scanners.secrets.lint import faults
    from keyhole.scanners.secrets.rules import all_rules

    wrong = faults(rules, beside=all_rules())
    measured: list[Cost] = []
    bad = {fault.rule for fault in wrong if fault.fatal or fault.field == "scan"}
    if not no_timing and (worth := [rule for rule in rules if rule.id not in bad]):
        from keyhole.scanners.secrets.cost import costs

        measured = costs(worth, all_rules())
        wrong += [fault for cost in measured for fault in cost.faults()]
    if as_json:
        say_json(_as_json(rules, measured, wrong))
    else:
        _say(rules, measured, wrong)
    sys.exit(1 if wrong else 0)


def _own() -> tuple[Rule, ...]:
    """The own rules of the settings, each of them good. Raises WrongRules."""
    use_settings()
    from keyhole.scanners.secrets.own import own_rules
    from keyhole.scans.programs import use_settings_for_programs

    use_settings_for_programs()
    return own_rules()


def _read(files: tuple[Path, ...]) -> tuple[Rule, ...]:
    """The rules of the files, good or not. Raises WrongRules if they cannot be read as such."""
    from keyhole.scanners.secrets import own

    if files:
        own.look_in(None, files)
    else:
        use_settings()
        from django.conf import settings

        own.look_in(settings.KEYHOLE_RULES)
    try:
        return own.read(own.texts())
    except own.WrongRules as problem:
        if len(problem.problems) == 1:
            raise own.WrongRules(problem.problems[0]) from None
        faults = count(len(problem.problems), "fault")
        raise own.WrongRules("\n".join(problem.problems), hint=f"\n{faults}.") from None


def _as_json(rules: tuple[Rule, ...], measured: list[Cost], wrong: list[Fault]) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "rules": [rule.id for rule in rules],
        "costs": [asdict(cost) for cost in measured],
        "faults": [{"rule": fault.rule, "field": fault.field, "what": fault.what} for fault in wrong],
    }


def _say(rules: tuple[Rule, ...], measured: list[Cost], wrong: list[Fault]) -> None:
    if measured:
        table(
            ("RULE", "ALL RULES WITH IT", "SLOWER BY", "STOPS PER MB", "ONE LOOK"),
            [
                (
                    cost.rule,
                    f"{cost.megabytes_per_second:,.0f} MB/s",
                    f"{max(0.0, cost.slower):.1%}",
                    f"{cost.stops:.1f}",
                    f"{cost.microseconds:,.0f} us",
                )
                for cost in measured
            ],
            empty="",
        )
        click.echo()
    for fault in wrong:
        click.echo(str(fault))
    if wrong:
        click.echo(f"\n{count(len(wrong), 'fault')} in {count(len(rules), 'rule')}.")
    elif rules:
        click.echo(f"{count(len(rules), 'rule')}, nothing wrong.")
    else:
        click.echo("There are no own rules: KEYHOLE_RULES names no folder with any.")
