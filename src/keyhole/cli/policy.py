"""`keyhole policy`: what must hold for a scan to pass."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.judging import policy_in, policy_of
from keyhole.cli.output import ago, count, json_option, not_empty, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.core.gates import Policy
    from keyhole.environments.models import Policy as Row
    from keyhole.findings.trying import Tried

_FILE = click.Path(path_type=Path)


@click.group("policy")
def command() -> None:
    """Scan policies: what must hold for a scan to pass.

    A policy is a small file (TOML or JSON) or is kept here, where environments select it. What tokens and signing in
    must keep to is another thing: that is set in the browser, under Settings.
    """


@command.command("check")
@click.argument("file", type=_FILE)
@json_option
def check(file: Path, as_json: bool) -> None:
    """Read a policy FILE and say in words what it demands. Exit code 2 when it is no policy."""
    policy = policy_in(file)
    _note_strange(policy)
    if as_json:
        say_json(policy.to_json())
        return
    _say(policy)


@command.command("example")
@click.argument("name", type=click.Choice(["production", "staging", "development"]), default="production")
@json_option
def example(name: str, as_json: bool) -> None:
    """Print a policy to begin with."""
    from keyhole.environments.examples import examples, text

    if as_json:
        say_json(examples()[name].to_json())
        return
    click.echo(text(name), nl=False)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the policies that are kept here, and which environments select them."""
    caller = open_keyhole()
    from keyhole.environments.policies import list_policies

    rows = list(list_policies(caller))
    if as_json:
        say_json([_as_dict(row) for row in rows])
        return
    table(
        ("ID", "POLICY", "GATES", "VERSION", "CHANGED", "SELECTED BY"),
        [
            (
                row.pk,
                row.name,
                len(row.latest.data["gates"]),
                row.latest.number,
                ago(row.latest.at),
                ", ".join(_users(row)) or "-",
            )
            for row in rows
        ],
        empty="No policies yet. `keyhole policy example > production.toml`, then `keyhole policy new production.toml`.",
    )


@command.command("show")
@click.argument("policy")
@click.option("--version", type=int, default=None, help="As it was then; default: as it is now.")
@json_option
def show(policy: str, version: int | None, as_json: bool) -> None:
    """Print a POLICY (name or id) as a file, now or as an earlier version."""
    caller = open_keyhole()
    from keyhole.core.errors import NotFound
    from keyhole.core.policy_text import to_toml
    from keyhole.environments.policies import by_name

    row = by_name(caller, policy)
    found = row.latest if version is None else row.versions.filter(number=version).first()
    if found is None:
        raise NotFound(
            f"{safe(row.name)} has no version {version}.", hint=f"The last is {row.latest.number}."
        )
    if as_json:
        say_json({**found.as_core().to_json(), "version": found.number, "at": found.at})
        return
    click.echo(to_toml(found.as_core()), nl=False)


@command.command("new")
@click.argument("file", type=_FILE)
@json_option
def new(file: Path, as_json: bool) -> None:
    """Keep the policy in FILE. It judges nothing before an environment selects it."""
    policy = policy_in(file)
    caller = open_keyhole()
    from keyhole.environments.policies import create

    row = create(caller, policy)
    _note_strange(policy)
    if as_json:
        say_json(_as_dict(row))
        return
    click.echo(f"{safe(row.name)} is kept, with the id {row.pk}.")
    click.echo(f'Have an environment select it: keyhole environment new NAME --policy "{safe(row.name)}"')


@command.command("change")
@click.argument("policy")
@click.argument("file", type=_FILE)
@json_option
def change(policy: str, file: Path, as_json: bool) -> None:
    """Have a kept POLICY (name or id) say what FILE says, from now on. Earlier verdicts stay as they are."""
    wanted = policy_in(file)
    caller = open_keyhole()
    from keyhole.environments.policies import by_name
    from keyhole.environments.policies import change as change_policy

    row = change_policy(caller, by_name(caller, policy).pk, wanted)
    _note_strange(wanted)
    if as_json:
        say_json(_as_dict(row))
        return
    click.echo(f"{safe(row.name)} is at version {row.latest.number}.")


@command.command("try")
@click.argument("policy", metavar="FILE|NAME")
@click.option("--last", default=3, show_default=True, help="Scans of each repository.")
@click.option(
    "--environment",
    default="",
    callback=not_empty,
    metavar="NAME",
    help="Compare with what judges this environment.",
)
@json_option
def try_(policy: str, last: int, environment: str, as_json: bool) -> None:
    """Judge scans of the past by a policy before it is switched on. Nothing is changed.

    Each scan is compared with what judges it now. Exit code 1 when one that passes now would not.
    """
    wanted = policy_of(policy)
    caller = open_keyhole()
    from keyhole.environments.services import by_name
    from keyhole.findings.trying import try_policy

    number = by_name(caller, environment).pk if environment else None
    trial = try_policy(caller, wanted, last=last, environment_id=number)
    if as_json:
        say_json([_tried(row) for row in trial.rows])
    else:
        table(
            ("SCAN", "REPOSITORY", "WHEN", "NOW", "WOULD", "WHY"),
            [
                (
                    row.scan.pk,
                    row.scan.repository.full_name,
                    ago(row.scan.finished_at),
                    "-" if row.present is None else _word(row.present.passed),
                    _word(row.verdict.passed) + (" !" if row.change == "breaks" else ""),
                    "; ".join(breach.demand for breach in row.verdict.breaches[:2]),
                )
                for row in trial.rows
            ],
            empty="There are no scans with a result to try it on.",
        )
        if trial.rows:
            click.echo(
                f"{trial.passed} of {len(trial.rows)} would pass. {trial.breaks} that nothing stops now would not, "
                f"{trial.mends} that something stops now would."
            )
        if trial.left_out:
            click.echo(f"{trial.left_out:,} more were not looked at.")
    sys.exit(1 if trial.breaks else 0)


def _word(passed: bool) -> str:
    return "pass" if passed else "breach"


def _tried(row: Tried) -> dict[str, Any]:
    return {
        "scan": row.scan.pk,
        "repository": row.scan.repository.full_name,
        "finished_at": row.scan.finished_at,
        "passes_now": None if row.present is None else row.present.passed,
        "change": row.change,
        **row.verdict.to_json(),
    }


@command.command("remove")
@click.argument("policy")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(policy: str, yes: bool, as_json: bool) -> None:
    """Remove a POLICY (name or id) that no environment selects."""
    caller = open_keyhole()
    from keyhole.environments import policies

    row = policies.by_name(caller, policy)
    if not yes:
        click.confirm(f"Remove the policy {safe(row.name)}?", abort=True, err=True)
    policies.remove(caller, row.pk)
    if as_json:
        say_json({"id": row.pk, "name": row.name, "removed": True})
        return
    click.echo(f"{safe(row.name)} is removed.")


def _note_strange(policy: Policy) -> None:
    from keyhole.scanners.registry import all_scanners

    for name in sorted(policy.scanners - set(all_scanners())):
        click.echo(
            f"Note: {safe(name)} is no scanner of Keyhole's: what counts is what is imported under that name, "
            "and no other scan passes.",
            err=True,
        )


def _say(policy: Policy) -> None:
    click.echo(f"{safe(policy.name)}: a scan passes {count(len(policy.gates), 'gate')}.")
    if policy.description:
        click.echo(safe(policy.description))
    from keyhole.core.gates import needed
    from keyhole.core.reach import command_of
    from keyhole.scanners.registry import reach

    for place, gate in enumerate(policy.gates, start=1):
        click.echo(f"  {place}. {safe(gate.demand)}{f' - {safe(gate.because)}' if gate.because else ''}")
    if scanners := needed(policy, reach((), ())):
        click.echo(f"No scan passes without these scanners: {command_of(sorted(scanners, key=len))}")


def _users(row: Row) -> list[str]:
    return [each.name for each in row.environments.all() if each.removed_at is None]


def _as_dict(row: Row) -> dict[str, Any]:
    latest = row.latest
    return {
        "id": row.pk,
        "version": latest.number,
        "changed_at": latest.at,
        "environments": _users(row),
        **latest.data,
    }
