"""Looking for findings through all scans, and at one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import ago, json_option, safe, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.findings.models import Event, Problem

_MOST = 200


@click.command("list")
@click.option(
    "--show", type=click.Choice(["open", "fixed", "accepted", "false_positive", "all"]), default="open"
)
@click.option("--severity", multiple=True, type=click.Choice(["critical", "high", "medium", "low"]))
@click.option("--kind", multiple=True, help="Such as secret, vulnerability or code; may be repeated.")
@click.option("--repository", metavar="OWNER/REPO", help="Only those of one repository.")
@click.option("--rule", default="", help="Id of a rule.")
@click.option("--package", default="", help="Name of a package, or a package URL.")
@click.option("--advisory", default="", help="Any id of an advisory, such as CVE-2026-1.")
@click.option("--path", default="", help="Text that the path has in it.")
@click.option("--due", type=click.Choice(["overdue", "soon", "set", "none"]))
@click.option("--kev", is_flag=True, help="Only what is known to be exploited.")
@click.option("--epss", type=click.FloatRange(0, 1), default=0.0, help="Least probability of exploitation.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First seen on this day or later, UTC.")
@click.option("--order", type=click.Choice(["severity", "newest", "due", "epss"]), default="severity")
@click.option("--limit", type=click.IntRange(1, 100_000), default=_MOST, show_default=True)
@click.argument("words", nargs=-1)
@json_option
def list_(words: tuple[str, ...], limit: int, as_json: bool, **asked: Any) -> None:
    """List findings through all scans: those with all WORDS in title, rule, path or package."""
    caller = open_keyhole()
    from keyhole.findings import services
    from keyhole.findings.shown import problem_as_json

    rows = services.list_problems(caller, _filter(caller, " ".join(words), asked))
    shown = list(rows[:limit])
    if as_json:
        say_json([problem_as_json(row) for row in shown])
        return
    table(
        ("ID", "SEVERITY", "WHAT", "REPOSITORY", "WHERE", "STATE", "DUE"),
        [
            (
                row.pk,
                row.severity,
                row.title,
                row.repository.full_name,
                row.where,
                (row.get_decided_display() if row.decided else row.get_status_display()).lower(),
                ago(row.due_at, never="-"),
            )
            for row in shown
        ],
        empty="No findings match.",
    )
    if len(shown) == limit and (more := rows.count() - limit) > 0:
        click.echo(f"And {more:,} more: --limit shows them.")


def _filter(caller: Any, text: str, asked: dict[str, Any]) -> Any:
    from datetime import UTC

    from keyhole.core.errors import InvalidInput
    from keyhole.core.terms import Kind
    from keyhole.findings.filtering import Due, Order, ProblemFilter, Show
    from keyhole.repositories import services as repositories

    if unknown := set(asked["kind"]) - set(Kind):
        raise InvalidInput(f"There is no kind {min(unknown)!r}.", hint=f"There are: {', '.join(Kind)}.")
    place = repositories.by_full_name(caller, asked["repository"]).pk if asked["repository"] else None
    return ProblemFilter(
        show=Show(asked["show"]),
        severity=asked["severity"],
        kind=asked["kind"],
        repository=(place,) if place else (),
        rule=asked["rule"],
        package=asked["package"],
        advisory=asked["advisory"],
        path=asked["path"],
        due=Due(asked["due"] or ""),
        kev=asked["kev"],
        epss=asked["epss"],
        since=asked["since"].replace(tzinfo=UTC) if asked["since"] else None,
        text=text,
        order=Order(asked["order"]),
    )


@click.command("show")
@click.argument("number", type=int)
@json_option
def show(number: int, as_json: bool) -> None:
    """Show one finding: why it matters, what to do, where it is, and its history."""
    caller = open_keyhole()
    from keyhole.core.terms import whereabouts
    from keyhole.findings import services
    from keyhole.findings.shown import whole_as_json

    row = services.get(caller, number)
    history = list(services.history(caller, row))
    if as_json:
        say_json(whole_as_json(row, history))
        return
    data = row.data
    click.echo(click.style(f"{row.severity.capitalize()}: {safe(row.title)}", bold=True))
    click.echo(f"{safe(row.repository.full_name)}, {safe(row.where)}, {row.scanner} {row.rule}")
    click.echo(_state(row))
    for text in (data["why"], data["fix"], *data["references"]):
        click.echo(safe(text))
    for which, place in enumerate(data["locations"]):
        if which:
            there = whereabouts(place.get("place", "file"), place["path"], place["line"], place["commit"])
            click.echo(f"  also in {safe(there)} {place['commit'][:10]}")
        if place.get("latest"):
            click.echo(f"  on line {place['latest']} in the latest version of {safe(place['path'])}")
    for each in row.merged.all():
        click.echo(f"  says the same: {safe(each.title)} ({safe(each.merge_reason)})")
    click.echo(f"  first seen {ago(row.first_seen_at)}")
    for event in history:
        by = (
            f" by {safe(event.by.email)}"
            if event.by
            else f" by scan {event.scan_id}"
            if event.scan_id
            else ""
        )
        click.echo(
            f"  {event.get_what_display().lower()} {ago(event.at)}{by}{f': {safe(event.note)}' if event.note else ''}"
        )


def _happened(event: Event) -> str:
    who = f" by {safe(event.by.email)}" if event.by else f" by scan {event.scan_id}" if event.scan_id else ""
    note = f": {safe(event.note)}" if event.note else ""
    return f"{event.get_what_display().lower()} {ago(event.at)}{who}{note}"


def _state(row: Problem) -> str:
    if row.decision is not None:
        until = f" until {row.decision.expires_at:%Y-%m-%d}" if row.decision.expires_at else ""
        return f"{row.get_decided_display()}{until} (decision {row.decision_id}): {safe(row.decision.reason)}"
    if row.merged_into is not None:
        return f"Shown as finding {row.merged_into_id}: {safe(row.merge_reason)}"
    due = f", due {ago(row.due_at)}" if row.due_at else ""
    return f"{row.get_status_display()}{due}"


COMMANDS = (list_, show)
