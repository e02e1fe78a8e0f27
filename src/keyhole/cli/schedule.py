"""`keyhole schedule`: code scans that run by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from keyhole.cli.output import ago, json_option, not_empty, safe, say_json, table
from keyhole.cli.session import open_keyhole, use_settings
from keyhole.core.errors import InvalidInput

if TYPE_CHECKING:
    from keyhole.core.caller import Caller
    from keyhole.schedules.models import Schedule


@click.group("schedule")
def command() -> None:
    """Code scans that run at times, once later, or when something was pushed."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the schedules and when each is next due."""
    caller = open_keyhole()
    from keyhole.schedules.services import list_schedules

    rows = list(list_schedules(caller))
    if as_json:
        say_json([_as_dict(row) for row in rows])
        return
    table(
        ("ID", "SCHEDULE", "RUNS", "NEXT", "REPOSITORIES"),
        [(row.pk, row.name, _runs(row), _next(row), row.repositories.count()) for row in rows],
        empty="No schedules yet. `keyhole schedule new nightly OWNER/REPO --cron '0 2 * * *'` makes one.",
    )


@command.command("new")
@click.argument("name")
@click.argument("repositories", metavar="OWNER/REPO...", nargs=-1, required=True)
@click.option(
    "--cron", default="", metavar="'M H D M W'", help="Five cron fields: minute, hour, day, month, weekday."
)
@click.option("--every", "preset", default="", help="hourly, nightly, working-days, weekly or monthly.")
@click.option("--zone", help="Time zone of the times, such as Europe/Berlin.  [default: UTC]")
@click.option(
    "--at", "once", default="", metavar="TIME", help="Once, at this time: 2026-01-31T06:00 (in --zone)."
)
@click.option("--on-push", is_flag=True, help="Whenever something was pushed.")
@click.option("--poll", type=int, help="With --on-push: minutes between two looks; 0 is never.  [default: 5]")
@click.option("--ref", default="", callback=not_empty, help="Branch or tag; default: all of them.")
@click.option(
    "--scanner",
    "-s",
    "scanners",
    multiple=True,
    default=("secrets",),
    show_default=True,
    callback=not_empty,
    metavar="ID",
)
@click.option(
    "--environment", default="", callback=not_empty, help="Environment that the findings are measured by."
)
@click.option("--description", default="")
@json_option
def new(name: str, repositories: tuple[str, ...], as_json: bool, **wanted: Any) -> None:
    """Make a schedule NAME for one repository or several. Say when: --cron, --every, --at or --on-push."""
    _check_together(wanted)
    caller = open_keyhole()
    from keyhole.repositories.services import by_full_name
    from keyhole.scans.services import environment_named
    from keyhole.schedules import services
    from keyhole.schedules.words import warning

    zone = wanted["zone"] or "UTC"
    when = _when(wanted, zone)
    made = services.create(
        caller,
        services.ScheduleSpec(
            name=name,
            repository_ids=tuple(by_full_name(caller, each).pk for each in repositories),
            description=wanted["description"],
            ref=wanted["ref"],
            scanners=wanted["scanners"],
            environment_id=environment_named(caller, wanted["environment"]),
            zone=zone,
            poll_minutes=5 if wanted["poll"] is None else wanted["poll"],
            **when,
        ),
    )
    if warned := warning(made):
        click.echo(f"Warning: {safe(warned)}", err=True)
    if as_json:
        say_json(_as_dict(made))
        return
    click.echo(f"{safe(made.name)} is there, with the id {made.pk}. {_runs(made)}.", err=True)
    _tell_times(made)


_WAYS = {"cron": "--cron", "preset": "--every", "once": "--at", "on_push": "--on-push"}


def _check_together(wanted: dict[str, Any]) -> None:
    """Nothing that was said is left out without a word."""
    given = [option for name, option in _WAYS.items() if wanted[name]]
    if not given:
        raise click.UsageError(f"Say when it is to run: {', '.join(_WAYS.values())}.")
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other: choose one.")
    if wanted["on_push"] and wanted["zone"] is not None:
        raise click.UsageError("--on-push and --zone exclude each other: a push has no time zone.")
    if not wanted["on_push"] and wanted["poll"] is not None:
        raise click.UsageError(f"{given[0]} and --poll exclude each other: --poll is for --on-push.")


def _when(wanted: dict[str, Any], zone: str) -> dict[str, Any]:
    if wanted["on_push"]:
        return {"when": "push"}
    if wanted["once"]:
        return {"when": "once", "at": moment(wanted["once"], zone)}
    return {"when": "times", "cron": wanted["cron"] or _preset(wanted["preset"])}


def _preset(name: str) -> str:
    from keyhole.schedules.times import PRESETS

    for preset in PRESETS:
        if preset.id == name:
            return preset.cron
    raise InvalidInput(
        f"There is no {name[:40]!r}.",
        field="every",
        hint=f"There are: {', '.join(each.id for each in PRESETS)}.",
    )


def moment(text: str, zone: str) -> datetime:
    """A time as a person writes it, in the zone unless it has an offset of its own. InvalidInput, naming `at`."""
    from keyhole.schedules.times import in_zone

    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{text[:40]!r} is no time.", field="at", hint="Write it as 2026-01-31T06:00."
        ) from None
    return written if written.tzinfo is not None else in_zone(written, zone)


@command.command("show")
@click.argument("number", metavar="ID", type=int)
@json_option
def show(number: int, as_json: bool) -> None:
    """Show a schedule: what it scans, its next five times, and what came of the last ones."""
    caller = open_keyhole()
    from keyhole.schedules import services

    row = services.get(caller, number)
    ran = list(services.runs(caller, number)[:20])
    if as_json:
        told = [
            {
                "due_at": each.due_at,
                "cause": each.cause,
                "outcome": each.outcome,
                "failed": each.failed,
                "batch": each.batch,
            }
            for each in ran
        ]
        say_json({**_as_dict(row), "runs": told})
        return
    click.echo(f"{safe(row.name)}: {_runs(row)}")
    click.echo("Repositories: " + ", ".join(safe(each.full_name) for each in row.repositories.all()))
    _tell_times(row)
    table(
        ("WAS DUE", "WHY", "WHAT CAME OF IT"),
        [(ago(each.due_at), each.get_cause_display(), safe(each.outcome)) for each in ran],
        empty="It has not run yet.",
    )


@command.command("times")
@click.argument("cron", metavar="'M H D M W'")
@click.option("--zone", default="UTC", show_default=True)
@json_option
def times_(cron: str, zone: str, as_json: bool) -> None:
    """Say what five cron fields mean, and the next five times, without making anything."""
    use_settings()
    import itertools

    from django.utils import timezone

    from keyhole.schedules import times

    fields = times.check(cron, zone)
    ahead = list(itertools.islice(times.upcoming(fields, zone, timezone.now()), 5))
    if as_json:
        say_json({"cron": fields, "zone": zone, "words": times.explain(fields), "times": ahead})
        return
    click.echo(f"{times.explain(fields)} ({zone}).")
    for at in ahead:
        click.echo(f"  {at:%a %Y-%m-%d %H:%M %Z}")


@command.command("run")
@click.argument("number", metavar="ID", type=int)
def run(number: int) -> None:
    """Run a schedule now; its times stay as they are. Needs a running server to begin."""
    caller = open_keyhole()
    from keyhole.schedules.services import run_now

    click.echo(f"{safe(run_now(caller, number).name)} runs as soon as a worker is free.", err=True)


@command.command("pause")
@click.argument("number", metavar="ID", type=int)
def pause(number: int) -> None:
    """Stop a schedule from running by itself."""
    _set(number, paused=True)


@command.command("resume")
@click.argument("number", metavar="ID", type=int)
def resume(number: int) -> None:
    """Let a paused schedule run again. What it missed is not made up for."""
    _set(number, paused=False)


def _set(number: int, *, paused: bool) -> None:
    caller = open_keyhole()
    from keyhole.schedules.services import set_paused

    row = set_paused(caller, number, paused)
    click.echo(f"{safe(row.name)} is paused." if paused else f"{safe(row.name)} runs again.", err=True)
    _tell_times(row)


@command.command("webhook")
@click.argument("number", metavar="ID", type=int)
@json_option
def webhook(number: int, as_json: bool) -> None:
    """Give a schedule that runs on pushes a webhook. Its secret is displayed only once; one from before ends."""
    caller = open_keyhole()
    from django.conf import settings

    from keyhole.schedules.services import make_hook

    made = make_hook(caller, number)
    if as_json:
        say_json({"url": f"{settings.KEYHOLE_URL}{made.path}", "secret": made.secret.reveal()})
        return
    _say_where(caller, number, f"{settings.KEYHOLE_URL}{made.path}")
    click.echo(f"Payload URL: {settings.KEYHOLE_URL}{made.path}", err=True)
    click.echo("Copy the secret now: it is displayed only once.", err=True)
    click.echo(made.secret.reveal())


def _say_where(caller: Caller, number: int, address: str) -> None:
    from keyhole.schedules.hooks import post_receive
    from keyhole.schedules.services import get

    repositories = list(get(caller, number).repositories.filter(removed_at=None).select_related("owner"))
    here = [each for each in repositories if each.is_served]
    if len(here) < len(repositories):
        click.echo(
            "In GitHub: Settings -> Webhooks -> Add webhook, content type application/json, event push.",
            err=True,
        )
    for repository in here:
        click.echo(
            f"{safe(repository.full_name)} is here: what is pushed past Keyhole, its own hook can tell. Store this as "
            "hooks/post-receive in the git directory, executable, and the secret beside it as keyhole-secret.\n",
            err=True,
        )
        click.echo(post_receive(address, repository), err=True)


@command.command("remove")
@click.argument("number", metavar="ID", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(number: int, yes: bool) -> None:
    """Remove a schedule. The scans that it made stay."""
    caller = open_keyhole()
    from keyhole.schedules import services

    row = services.get(caller, number)
    if not yes:
        click.confirm(f"Remove the schedule {safe(row.name)}? Its scans stay.", abort=True, err=True)
    services.remove(caller, number)
    click.echo(f"{safe(row.name)} is removed.", err=True)


def _tell_times(row: Schedule) -> None:
    from keyhole.schedules.services import next_times

    for at in next_times(row):
        click.echo(f"  {at:%a %Y-%m-%d %H:%M %Z}")


def _runs(row: Schedule) -> str:
    from keyhole.schedules.words import when

    return when(row)


def _next(row: Schedule) -> str:
    from keyhole.schedules.services import next_times

    ahead = next_times(row, 1)
    return f"{ahead[0]:%Y-%m-%d %H:%M %Z}" if ahead else "-"


def _as_dict(row: Schedule) -> dict[str, Any]:
    from keyhole.schedules.services import next_times

    return {
        "id": row.pk,
        "name": row.name,
        "repositories": [each.full_name for each in row.repositories.all()],
        "ref": row.ref,
        "scanners": row.scanners,
        "environment": row.measured_by.name if row.measured_by else None,
        "when": row.when,
        "at": row.at,
        "cron": row.cron,
        "zone": row.zone,
        "poll_minutes": row.poll_minutes,
        "paused": row.paused_at is not None,
        "next_times": next_times(row),
    }
