"""`keyhole mailing`: reports that are sent by mail again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import ago, json_option, not_empty, safe, say_json, table
from keyhole.cli.reporting import FORMATS
from keyhole.cli.session import open_keyhole

if TYPE_CHECKING:
    from keyhole.reports.models import Mailing


@click.group("mailing")
def command() -> None:
    """Reports by mail: of a repository's newest scan, or of findings, daily, weekly, monthly or at other times."""


@command.command("new")
@click.argument("name")
@click.option("--channel", required=True, metavar="ID|NAME", help="A notification channel that sends mail.")
@click.option(
    "--repo",
    default="",
    callback=not_empty,
    metavar="OWNER/REPO",
    help="Report its newest scan; else the findings.",
)
@click.option(
    "--ref",
    default="",
    callback=not_empty,
    help="Branch or tag of that scan; default: all, or the one that HEAD names.",
)
@click.option(
    "--severity",
    multiple=True,
    type=click.Choice(("critical", "high", "medium", "low")),
    help="Only such findings.",
)
@click.option(
    "--every",
    default="weekly",
    show_default=True,
    metavar="daily|weekly|monthly|CRON",
    help="When: at 7:00, or five fields.",
)
@click.option("--zone", default="UTC", show_default=True, help="Time zone, such as Europe/Berlin.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=None,
    help="Attached as; default: pdf, unless a link is sent.",
)
@click.option(
    "--link",
    "link_days",
    type=int,
    default=None,
    metavar="DAYS",
    help="Send a link that works so long instead.",
)
@json_option
def new(
    name: str,
    channel: str,
    repo: str,
    ref: str,
    severity: tuple[str, ...],
    every: str,
    zone: str,
    form: str | None,
    link_days: int | None,
    as_json: bool,
) -> None:
    """Have a report sent under this NAME. `keyhole notification list` shows the channels."""
    if repo and severity:
        raise click.UsageError("--severity is for a report over findings: leave out --repo.")
    if ref and not repo:
        raise click.UsageError("--ref is of a repository: give --repo, too.")
    if form is not None and link_days is not None:
        raise click.UsageError("--format attaches the report and --link sends a link to it: choose one.")
    caller = open_keyhole()
    from keyhole.findings.filtering import ProblemFilter
    from keyhole.reports import mailing
    from keyhole.repositories.services import by_full_name

    spec = mailing.MailingSpec(
        name=name,
        channel=_channel(channel),
        cron=every,
        zone=zone,
        repository=by_full_name(caller, repo).pk if repo else 0,
        ref=ref,
        query=ProblemFilter(severity=severity),
        form=form or ("pdf" if link_days is None else ""),
        link_days=link_days or 0,
    )
    made = mailing.create(caller, spec)
    if as_json:
        say_json(_as_dict(made))
    else:
        click.echo(
            f"{safe(made.name)} is {mailing.is_sent(made)}. Send it now: keyhole mailing send {made.pk}"
        )


def _channel(text: str) -> int:
    from keyhole.reports.mailing import mail_channels

    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    found = mail_channels().filter(name=text).first()
    return found.pk if found else 0


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List what is sent."""
    caller = open_keyhole()
    from keyhole.reports import mailing

    rows = list(mailing.list_mailings(caller))
    if as_json:
        say_json([_as_dict(row) for row in rows])
        return
    table(
        ("MAILING", "NAME", "WHAT", "WHEN", "TO", "LAST"),
        [
            (row.pk, row.name, mailing.what(row), mailing.when(row), row.channel.name, _last(row))
            for row in rows
        ],
        empty="No reports are sent by mail. `keyhole mailing new --help` tells how.",
    )


def _last(row: Mailing) -> str:
    waiting = row.sendings.filter(done_at=None).exclude(outcome="").first()
    if waiting is not None:
        return f"attempt {waiting.attempts} failed: {waiting.outcome}"[:80]
    done = row.sendings.exclude(done_at=None).first()
    if done is None:
        return "never"
    return f"{'failed' if done.failed else 'sent'} {ago(done.done_at)}: {done.outcome}"[:80]


@command.command("send")
@click.argument("mailing", type=int)
def send(mailing: int) -> None:
    """Send the mailing with this number once more, now; a running server does it, or `keyhole up` when it starts."""
    caller = open_keyhole()
    from keyhole.reports import mailing as mailings

    mailings.send_now(caller, mailing)
    click.echo("It is sent in a moment. `keyhole mailing list` tells what came of it.")


@command.command("pause")
@click.argument("mailing", type=int)
def pause(mailing: int) -> None:
    """Send it no more until it is resumed."""
    _set_paused(mailing, paused=True)


@command.command("resume")
@click.argument("mailing", type=int)
def resume(mailing: int) -> None:
    """Send it again at its times."""
    _set_paused(mailing, paused=False)


def _set_paused(number: int, *, paused: bool) -> None:
    caller = open_keyhole()
    from keyhole.reports import mailing

    row = mailing.set_paused(caller, number, paused)
    click.echo(f"{safe(row.name)} is {mailing.is_sent(row)}.")


@command.command("remove")
@click.argument("mailing", type=int)
def remove(mailing: int) -> None:
    """Send it never again."""
    caller = open_keyhole()
    from keyhole.reports import mailing as mailings

    name = mailings.get(caller, mailing).name
    mailings.remove(caller, mailing)
    click.echo(f"{safe(name)} is not sent any more.")


def _as_dict(row: Mailing) -> dict[str, Any]:
    from keyhole.reports import mailing

    return {
        "id": row.pk,
        "name": row.name,
        "what": mailing.what(row),
        "repository": row.repository.full_name if row.repository else None,
        "query": row.query,
        "cron": row.cron,
        "zone": row.zone,
        "channel": row.channel.name,
        "format": row.form or None,
        "link_days": row.link_days or None,
        "paused_at": row.paused_at,
    }
