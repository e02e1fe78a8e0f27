"""`keyhole audit`: find and export entries, verify the hash chain."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any, TextIO

import click

from keyhole.cli.output import F, ago, json_option, say_json, table
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.audit.models import Entry
    from keyhole.audit.search import Filter
    from keyhole.core.caller import Caller


@click.group("audit")
def command() -> None:
    """The audit log: every allowed act and every denial, hash-chained."""


_FILTERS: tuple[Callable[[Any], Any], ...] = (
    click.option("--id", "id_", metavar="EX_...", help="The record with this explain id."),
    click.option("--outcome", type=click.Choice(["allowed", "denied"]), help="Only these."),
    click.option("--action", metavar="ACTION", help="What was done, such as token:revoke or 'token:*'."),
    click.option("--who", metavar="NAME", help="A person's email address, a token's name or a job."),
    click.option("--token", metavar="NAME|ID", help="A token that acted, or was generated, paused, revoked."),
    click.option("--repo", metavar="OWNER/REPO", help="What it was about."),
    click.option("--address", metavar="ADDRESS", help="Network address that it came from."),
    click.option("--since", metavar="DATE", help="From the beginning of this day (UTC), such as 2026-11-25."),
    click.option("--until", metavar="DATE", help="Up to the end of this day (UTC)."),
)


def filters(function: F) -> F:
    """The options that say which entries are meant; given on as keywords for `_wanted`."""
    return reduce(lambda decorated, option: option(decorated), reversed(_FILTERS), function)


def _wanted(caller: Caller, **given: str | None) -> Filter:
    from keyhole.audit.search import Filter, day
    from keyhole.core.errors import NotFound
    from keyhole.tokens.services import named

    token_ids = None
    if text := given["token"]:
        token_ids = tuple(token.pk for token in named(caller, text))
        if not token_ids:
            raise NotFound(
                f"There is no token {text!r}.", hint="`keyhole token list --all` shows every token."
            )
    since, until = given["since"], given["until"]
    return Filter(
        id=given["id_"] or "",
        outcome=given["outcome"] or "",
        action=given["action"] or "",
        who=given["who"] or "",
        token_ids=token_ids,
        repository=given["repo"] or "",
        address=given["address"] or "",
        since=day(since, "--since") if since else None,
        until=day(until, "--until") + timedelta(days=1) if until else None,
    )


@command.command("list")
@filters
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@click.option("--before", type=click.IntRange(1), help="Only entries before this position: the next page.")
@json_option
def list_(limit: int, before: int | None, as_json: bool, **given: str | None) -> None:
    """Show the newest entries that match."""
    caller = open_keyhole()
    from keyhole.accounts.services import require
    from keyhole.audit.search import find

    require(caller, "audit:read")
    found = find(_wanted(caller, **given), limit + 1, before)
    shown = found[:limit]
    if as_json:
        say_json([_as_json(entry) for entry in shown])
        return
    table(
        ("RECORD", "WHEN", "WHO", "FROM", "WHAT", "ABOUT", "OUTCOME"),
        [
            (
                entry.id,
                ago(entry.at),
                entry.actor.get("name", ""),
                entry.address or "here",
                entry.action,
                _about(entry),
                entry.outcome,
            )
            for entry in shown
        ],
        empty="No entry matches.",
    )
    if len(found) > limit:
        click.echo(f"\nThere are older ones: --before {shown[-1].seq}")


def _about(entry: Entry) -> str:
    subject = entry.subject
    text = subject.get("target") or entry.repository or subject.get("token") or subject.get("why") or ""
    return str(text)[:60]


def _as_json(entry: Entry) -> dict[str, Any]:
    names = ("seq", "id", "action", "outcome", "actor", "subject", "previous", "hash")
    return {**{name: getattr(entry, name) for name in names}, "at": entry.at.isoformat()}


@command.command("verify")
@json_option
def verify_(as_json: bool) -> None:
    """Check that no entry was changed, removed or reordered. Exit code 1 when one was."""
    open_keyhole()
    from dataclasses import asdict

    from keyhole.audit.verify import verify

    report = verify()
    if as_json:
        say_json(asdict(report))
    elif report.ok:
        click.echo(f"The chain of {report.entries:,} entries is whole. Head: {report.head}")
    else:
        click.echo(
            f"The chain is broken at entry {report.broken_at}: {report.why} "
            "Entries from there on cannot be trusted."
        )
    sys.exit(0 if report.ok else 1)


@command.command("export")
@filters
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv"]),
    default="json",
    show_default=True,
    help="json is one object a line.",
)
@click.option(
    "--output", type=click.File("w", encoding="utf-8"), default="-", help="A file; default: standard output."
)
def export_(form: str, output: TextIO, **given: str | None) -> None:
    """Write every entry that matches, oldest first. That it was taken away is on record."""
    caller = open_keyhole()
    from keyhole.accounts.services import require
    from keyhole.audit.export import export
    from keyhole.audit.log import ALLOWED, Draft, append
    from keyhole.audit.search import last

    require(caller, "audit:read")
    wanted, end = _wanted(caller, **given), last()
    append(
        Draft(
            "audit:export",
            ALLOWED,
            caller.as_actor(),
            {"format": form, **{name: text for name, text in given.items() if text}},
        )
    )
    export(output, form, wanted, end)


@command.command("accept-clock")
@click.option("--yes", is_flag=True, help="Do not ask.")
def accept_clock_(yes: bool) -> None:
    """Declare the machine's clock right after it went back. Only needed when Keyhole says so."""
    caller = open_keyhole()
    from keyhole.accounts.clock import accept_clock

    if not yes:
        click.confirm(
            "Tokens that expired meanwhile may be valid again. Is the clock right now", abort=True, err=True
        )
    click.echo(f"The clock counts from now on. On record as {accept_clock(caller)}.")
