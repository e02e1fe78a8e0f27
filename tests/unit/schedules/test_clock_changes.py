"""Cron fields while the clocks change: what spring leaves out comes once after it, what autumn doubles comes once."""

from __future__ import annotations

import functools
import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from keyhole.schedules.times import in_zone, upcoming

BERLIN = "Europe/Berlin"
ZONES = (
    "UTC",
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    BERLIN,
    "Europe/Dublin",
)
MINUTE = timedelta(minutes=1)


def between(cron, zone, first, last):
    return [
        at.astimezone(UTC) for at in itertools.takewhile(lambda at: at <= last, upcoming(cron, zone, first))
    ]


def shown(cron, day, zone=BERLIN):
    """The times of that day, and a little more, as the clocks show them."""
    first = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    last = first + timedelta(hours=4)
    return [f"{at.astimezone(ZoneInfo(zone)):%H:%M %Z}" for at in between(cron, zone, first - MINUTE, last)]


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/20 2 28 3 *", ["03:00 CEST"]),
        ("0,30 2 * * *", ["03:00 CEST"]),
        ("*/30 2,3 * * *", ["03:00 CEST", "03:30 CEST"]),
        ("30 */2 * * *", ["00:30 CET", "03:00 CEST", "04:30 CEST"]),
        ("30 * * * *", ["00:30 CET", "01:30 CET", "03:30 CEST", "04:30 CEST"]),
    ],
)
def test_the_hour_that_spring_leaves_out(cron, expected):
    assert shown(cron, "2027-03-28") == expected


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/15 2 31 10 *", ["02:00 CEST", "02:15 CEST", "02:30 CEST", "02:45 CEST"]),
        ("30 */2 * * *", ["00:30 CEST", "02:30 CEST"]),
        ("30 * * * *", ["00:30 CEST", "01:30 CEST", "02:30 CEST", "02:30 CET"]),
        ("30 0-23 * * *", ["00:30 CEST", "01:30 CEST", "02:30 CEST", "02:30 CET"]),
    ],
)
def test_the_hour_that_autumn_doubles(cron, expected):
    assert shown(cron, "2027-10-31") == expected


def test_a_year_whose_clocks_go_over_the_only_time_is_not_left_out():
    first = next(upcoming("*/20 2 28 3 *", BERLIN, datetime(2026, 11, 1, tzinfo=UTC)))
    assert str(first) == "2027-03-28 03:00:00+02:00"


def test_once_and_again_and_again_agree():
    wall = datetime(2027, 3, 28, 2, 30)  # noqa: DTZ001 - what a person types
    once = in_zone(wall, BERLIN)
    assert str(once) == "2027-03-28 03:00:00+02:00"
    assert once == next(upcoming("30 2 28 3 *", BERLIN, datetime(2027, 1, 1, tzinfo=UTC)))
    doubled = in_zone(datetime(2027, 10, 31, 2, 30), BERLIN)  # noqa: DTZ001
    assert str(doubled) == "2027-10-31 02:30:00+02:00"


def test_the_last_days_of_the_calendar_can_be_said():
    for wall in (datetime.max, datetime.min):  # noqa: DTZ901 - what a person types
        for zone in ZONES:
            assert in_zone(wall, zone).replace(tzinfo=None) == wall


@functools.cache
def changes(zone):
    """Moments in 2026 to 2028 after which the clocks show something else than they would have."""
    place, found = ZoneInfo(zone), [datetime(2027, 1, 1, tzinfo=UTC)]
    for hours in range(3 * 366 * 24 * 2):
        at = datetime(2026, 1, 1, tzinfo=UTC) + hours * timedelta(minutes=30)
        if (at - MINUTE).astimezone(place).utcoffset() != at.astimezone(place).utcoffset():
            found.append(at)
    return found


def a_list(most, least=0):
    return st.lists(st.integers(least, most), min_size=1, max_size=3, unique=True).map(
        lambda numbers: ",".join(map(str, sorted(numbers)))
    )


minutes = st.sampled_from(["*/5", "*/7", "*/20", "5-50/15", "0"]) | a_list(59)
hours = st.sampled_from(["*", "*/2", "*/3", "0-4", "1-3"]) | a_list(4)
days = st.sampled_from(["*", "*", "*/2", "25-31", "1-10"])
weekdays = st.sampled_from(["*", "*", "0", "5-7"])


@settings(max_examples=60)
@given(st.data(), st.sampled_from(ZONES), minutes, hours, days, weekdays)
def test_every_time_comes_exactly_when_the_rule_says(data, zone, minute, hour, day, weekday):
    """Against the rule said minute by minute, without any arithmetic on the clock."""
    cron = f"{minute} {hour} {day} * {weekday}"
    change = data.draw(st.sampled_from(changes(zone)))
    first = change - timedelta(hours=data.draw(st.integers(1, 26)))
    last = change + timedelta(hours=26)
    assert between(cron, zone, first, last) == said(cron, ZoneInfo(zone), first, last)


def said(cron, place, first, last):
    fields = CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))

    def named(wall):
        on = wall.minute in fields.minutes and wall.hour in fields.hours and wall.month in fields.months
        return on and fields.match_day(wall.date())

    by_the_hour, found, at = fields.hours == set(range(24)), [], first + MINUTE
    while at <= last:
        wall, before = at.astimezone(place), (at - MINUTE).astimezone(place)
        left_out = int((wall.utcoffset() - before.utcoffset()) / MINUTE)
        skipped = [
            wall - number * MINUTE for number in range(1, left_out + 1)
        ]  # arithmetic within a zone: by its clock
        due = named(wall) and (by_the_hour or not wall.fold)
        if due or (not by_the_hour and any(map(named, skipped))):
            found.append(at)
        at += MINUTE
    return found
