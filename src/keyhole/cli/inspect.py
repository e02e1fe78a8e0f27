"""`keyhole inspect`: what can this GitHub credential do? Asked by requests that change nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs

import click

from keyhole.cli.asking import credential
from keyhole.cli.output import count, json_option, safe, say_json, table
from keyhole.cli.session import use_settings
from keyhole.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from keyhole.core.permissions import Level
    from keyhole.inspector.report import Report
    from keyhole.inspector.told import Row

_DOES_NOT_FIT = 1
_PARTIAL = 3


@click.command(
    "inspect",
    epilog="Exit codes: 0 it fits the plan, or there is none; 1 something is missing, or it can do more; 2 usage, "
    "or no token at all; 3 not everything could be asked; 4 GitHub did not answer; 5 GitHub does not accept it.",
)
@click.argument("given", nargs=-1, metavar="")
@click.option(
    "--github", default="", metavar="ADDRESS", help="Enterprise Server or sandbox; default: github.com."
)
@click.option("--owner", default="", metavar="LOGIN", help="Look at this owner's repositories only.")
@click.option(
    "--repository",
    "-r",
    "repositories",
    multiple=True,
    metavar="OWNER/REPO",
    help="Look at this repository, and at no others. Repeatable.",
)
@click.option(
    "--plan-preset",
    "presets",
    multiple=True,
    metavar="ID",
    help="Compare with the plan of this tool. Repeatable.",
)
@click.option(
    "--permission",
    "-p",
    "permissions",
    multiple=True,
    metavar="NAME=LEVEL",
    help="Compare with a plan that has this. Repeatable.",
)
@click.option(
    "--plan", "query", default="", metavar="QUERY", help="Compare with the plan in a plan's address."
)
@click.option("--all", "everything", is_flag=True, help="Show every permission with its evidence.")
@json_option
def command(
    given: tuple[str, ...],
    github: str,
    owner: str,
    repositories: tuple[str, ...],
    presets: tuple[str, ...],
    permissions: tuple[str, ...],
    query: str,
    everything: bool,
    as_json: bool,
) -> None:
    """What can this GitHub credential do?

    It is read from standard input, or asked for on a terminal. Nothing is changed on GitHub, and nothing is kept here.
    """
    _refuse_arguments((*given, github, owner, *repositories, *presets, *permissions, query))
    if given:
        raise click.UsageError("There are no arguments: repositories are named with --repository.")
    use_settings()
    from keyhole.inspector.compare import compare
    from keyhole.inspector.inspect import check_shape, inspect
    from keyhole.providers.github.instance import instance_at
    from keyhole.providers.outgoing import configured

    planned = _planned(presets, permissions, query)
    secret = credential("GitHub token")
    check_shape(secret)
    outgoing = configured()
    with _Bar() as bar:
        report = inspect(
            instance_at(github, outgoing),
            secret,
            outgoing,
            planned=planned,
            owner=owner,
            repositories=repositories,
            on_progress=bar,
        )
    if as_json:
        say_json(_as_dict(report, planned))
    else:
        _say(report, planned, everything)
    if planned and not compare(report, planned).fits:
        raise click.exceptions.Exit(_DOES_NOT_FIT)
    if not report.complete:
        raise click.exceptions.Exit(_PARTIAL)


def _refuse_arguments(texts: Iterable[str]) -> None:
    """A token on the command line has been seen by others: say so, and do not use it."""
    from keyhole.core.github_credentials import CredentialKind, recognise

    if any(text and recognise(text).kind is not CredentialKind.UNKNOWN for text in texts):
        raise InvalidInput(
            "A token was given on the command line: it is in the shell's history and in the list of processes now.",
            hint="Revoke it on GitHub and generate another. Then: keyhole inspect < FILE, or type it at the prompt.",
        )


def _planned(presets: tuple[str, ...], permissions: tuple[str, ...], query: str) -> dict[str, Level] | None:
    """The plan, from whatever was given of it; None when nothing was."""
    from dataclasses import replace

    from keyhole.planner.plan import plan
    from keyhole.planner.query import Plain, from_query

    if not (presets or permissions or query):
        return None
    request = from_query(Plain(parse_qs(query.rpartition("?")[2])))
    made = plan(replace(request, presets=(*request.presets, *presets)))
    found: dict[str, Level] = dict(made.permissions)
    for name, level in map(_permission, permissions):
        found[name] = max(level, found.get(name, level))
    return found


def _permission(pair: str) -> tuple[str, Level]:
    from keyhole.core.permissions import Level, vocabulary

    name, _, word = pair.partition("=")
    known = vocabulary().permissions.get(name)
    if known is None or word not in [level.word for level in known.levels]:
        raise InvalidInput(
            f"{pair!r} is not a permission with a level of its own.",
            field="permission",
            hint="Write NAME=LEVEL, for example contents=read. `keyhole token permissions` lists them.",
        )
    return name, Level.parse(word)


class _Bar:
    """Progress on a terminal, on standard error; silent otherwise."""

    def __init__(self) -> None:
        self._bar = click.progressbar(length=1, label="Asking GitHub", file=sys.stderr)
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._shown:
            self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._bar.render_finish()

    def __call__(self, done: int, of: int, _what: str) -> None:
        if self._shown:
            self._bar.length = of
            self._bar.update(max(done - self._bar.pos, 0))


def _as_dict(report: Report, planned: Mapping[str, Level] | None) -> dict[str, object]:
    from keyhole.inspector.compare import compare
    from keyhole.inspector.told import sentence

    told: dict[str, object] = {"sentence": sentence(report, planned), **report.as_json()}
    if planned is not None:
        found = compare(report, planned)
        told["plan"] = {name: level.word for name, level in planned.items()}
        told["comparison"] = {
            "fits": found.fits,
            "missing": {name: level.word for name, level in found.missing.items()},
            "unneeded": {name: level.word for name, level in found.unneeded.items()},
            "unknowable": {name: level.word for name, level in found.unknowable.items()},
            "unseen": list(found.unseen),
        }
    return told


def _say(report: Report, planned: Mapping[str, Level] | None, everything: bool) -> None:
    from keyhole.inspector.told import rows, sentence, unprovable

    click.echo(f"{safe(sentence(report, planned))}\n")
    for label, value in (
        ("Expiration", report.expiration),
        ("Owner", f"{report.owner or 'not known'}. {report.owner_known_by}"),
        ("Kind", report.kind_known_by),
    ):
        click.echo(f"{label + ':':12}{safe(value)}")
    for advice in report.advice:
        click.echo(f"{'Note:':12}{safe(advice)}")
    click.echo()
    if not report.scoped:
        _say_rows(rows(report, planned))
    _say_repositories(report)
    if everything:
        _say_all(report)
    elif not report.scoped:
        open_ = count(len(unprovable(report)), "permission")
        click.echo(f"\n{open_} cannot be proved either way; --all says of each why.")
    for left_out in report.not_asked:
        click.echo(safe(left_out), err=True)
    asked = count(report.requests, "request")
    click.echo(f"{asked}; nothing was changed on GitHub and nothing is kept here.")


def _say_rows(shown: Sequence[Row]) -> None:
    table(
        ("PERMISSION", "PLANNED", "FOUND", "", "WHY"),
        [(row.name, row.planned or "-", row.found, row.standing.value, row.why) for row in shown],
        empty="No permission was shown to be granted.",
    )
    for row in shown:
        if row.to_do:
            click.echo(f"  {safe(row.to_do)}")
    click.echo()


def _say_repositories(report: Report) -> None:
    table(
        ("REPOSITORY", "VISIBILITY", "REACHED", "ROLE", "HOW THAT IS KNOWN"),
        [
            (
                each.full_name,
                "private" if each.private else "public",
                {"granted": "yes", "not granted": "no"}.get(each.reached.value, "not provable"),
                each.role or "-",
                each.how,
            )
            for each in report.repositories
        ],
        empty="No repository was found to ask about.",
    )
    if report.repositories_left:
        click.echo(f"GitHub lists {report.repositories_left:,} more, which were not asked about.")


def _say_all(report: Report) -> None:
    click.echo()
    table(
        ("PERMISSION", "LEVEL", "VERDICT", "EVIDENCE", "WHY"),
        [
            (
                each.permission,
                each.level.word,
                each.verdict.value,
                "; ".join(f"{proof.request}: {proof.status}" for proof in each.evidence) or "-",
                each.reason,
            )
            for each in report.findings
        ],
        empty="",
    )
