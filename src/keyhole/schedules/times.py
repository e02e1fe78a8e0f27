"""When something that repeats is next due: five cron fields, counted in a time zone.

The fields are those of crontab(5) with Debian's rules for daylight saving: what would fall into the hour that is left
out in spring comes right after it, and what falls into the doubled hour of autumn happens once.
"""

from __future__ import annotations

import itertools
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cronsim import CronSim, CronSimError

from keyhole.core.errors import InvalidInput

LEAST_APART = timedelta(minutes=5)
"""Scans closer together than this would only wait for one another."""
_CHECKED = 200
"""How many times in a row are looked at for being too close together."""
_LONGEST = 100
_HINT = "Five fields: minute, hour, day of month, month, day of week. `0 6 * * 1-5` is 6:00 on working days."
_ON_PUSH = "To scan what was just pushed, choose “When something was pushed”."


@dataclass(frozen=True, slots=True)
class Preset:
    """A time that many people want, by a name."""

    id: str
    title: str
    cron: str


PRESETS = (
    Preset("hourly", "Every hour", "0 * * * *"),
    Preset("nightly", "Every night at 2:00", "0 2 * * *"),
    Preset("working-days", "Working days at 6:00", "0 6 * * 1-5"),
    Preset("weekly", "Mondays at 6:00", "0 6 * * 1"),
    Preset("monthly", "The first of the month at 6:00", "0 6 1 * *"),
)


@cache
def zones() -> tuple[str, ...]:
    """Names of all time zones that a person would choose."""
    return tuple(sorted(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC"))


def check(cron: str, zone: str, *, too_often: str = _ON_PUSH) -> str:
    """The fields, tidied. InvalidInput names `cron` or `zone`, and says what is wrong with it.

    `too_often` is what is advised where the times are too close together.
    """
    fields = " ".join(cron.split())
    check_zone(zone)
    if len(fields) > _LONGEST:
        raise InvalidInput(f"The times have more than {_LONGEST} characters.", field="cron", hint=_HINT)
    try:
        ahead = list(itertools.islice(CronSim(fields, datetime(2026, 1, 1, tzinfo=UTC)), _CHECKED))
    except CronSimError as problem:
        reason = str(problem)
        raise InvalidInput(
            f"{fields!r} is no time: {reason[:1].lower()}{reason[1:]}.", field="cron", hint=_HINT
        ) from None
    if not ahead:
        raise InvalidInput(f"{fields!r} never comes.", field="cron", hint=_HINT)
    if any(later - earlier < LEAST_APART for earlier, later in itertools.pairwise(ahead)):
        minutes = int(LEAST_APART.total_seconds() // 60)
        raise InvalidInput(
            f"{fields!r} comes again within less than {minutes} minutes.",
            field="cron",
            hint=too_often,
        )
    return fields


def upcoming(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """The times after that moment, soonest first, in the zone. The arguments have passed `check`."""
    return CronSim(cron, after.astimezone(zoneinfo.ZoneInfo(zone)))


def explain(cron: str) -> str:
    """The fields in words: `At 06:00 on Monday through Friday`."""
    return str(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain())


def in_zone(wall: datetime, zone: str) -> datetime:
    """The moment at which the clocks of the zone show that time. InvalidInput for an unknown zone, naming it."""
    check_zone(zone)
    return wall.replace(tzinfo=zoneinfo.ZoneInfo(zone))


def local(moment: datetime, zone: str) -> datetime:
    """That moment as the clocks of the zone show it."""
    return moment.astimezone(zoneinfo.ZoneInfo(zone))


def check_zone(zone: str) -> None:
    """InvalidInput, naming `zone`, unless it is one."""
    if zone not in zones():
        raise InvalidInput(
            f"There is no time zone {zone[:64]!r}.", field="zone", hint="Write it as Europe/Berlin, or UTC."
        )
