"""When something that repeats is next due: five cron fields, counted in a time zone.

The fields are those of crontab(5). Fields for every hour go on by the hour while the clocks change. All others name
times of the day: those that fall into the hour that spring leaves out come once, right after it, and those that fall
into the doubled hour of autumn happen the first time. Debian's cron asks instead whether the minute or the hour begins
with a star; then `*/20 2 28 3 *` does not come at all in a year whose clocks go forward on that day.
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
_EVERY_HOUR = frozenset(range(24))
_BACK = timedelta(days=1)
"""No clock is put back or forward by more than that at once."""
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
    last, place = after.astimezone(UTC), zoneinfo.ZoneInfo(zone)
    # What the clocks showed a day ago: they may show some of it again, or go over something.
    clock = CronSim(cron, after.astimezone(place).replace(tzinfo=None) - _BACK)
    day = (_at(wall, place).astimezone(UTC) for wall in clock)
    for moment in _every_hour(clock, place) if clock.hours == _EVERY_HOUR else day:
        if moment > last:
            last = moment
            yield moment.astimezone(place)


def _every_hour(clock: Iterator[datetime], place: zoneinfo.ZoneInfo) -> Iterator[datetime]:
    """Each moment at which the clocks show one of these times, in order; what they show twice comes twice."""
    again: list[datetime] = []
    for wall in clock:
        first, second = (wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
        while again and again[0] <= first:
            yield again.pop(0)
        if second > first:
            again.append(second)
        if second >= first:
            yield first


def _at(wall: datetime, place: zoneinfo.ZoneInfo) -> datetime:
    """The moment at which the clocks show that time first; if they go over it, where they go on."""
    if _passed_over(wall, place):
        wall = wall.replace(second=0, microsecond=0)
        while _passed_over(wall, place):
            wall += timedelta(minutes=1)
    return wall.replace(tzinfo=place, fold=0)


def _passed_over(wall: datetime, place: zoneinfo.ZoneInfo) -> bool:
    before, after = (wall.replace(tzinfo=place, fold=fold).utcoffset() for fold in (0, 1))
    return before is not None and after is not None and before < after  # see PEP 495


def explain(cron: str) -> str:
    """The fields in words: `At 06:00 on Monday through Friday`."""
    return str(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain())


def in_zone(wall: datetime, zone: str) -> datetime:
    """The moment at which the clocks of the zone show that time, by the rules of this module.

    InvalidInput for an unknown zone, naming it.
    """
    check_zone(zone)
    return _at(wall, zoneinfo.ZoneInfo(zone))


def local(moment: datetime, zone: str) -> datetime:
    """That moment as the clocks of the zone show it."""
    return moment.astimezone(zoneinfo.ZoneInfo(zone))


def check_zone(zone: str) -> None:
    """InvalidInput, naming `zone`, unless it is one."""
    if zone not in zones():
        raise InvalidInput(
            f"There is no time zone {zone[:64]!r}.", field="zone", hint="Write it as Europe/Berlin, or UTC."
        )
