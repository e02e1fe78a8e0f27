"""Cron fields are counted in a time zone, through both changes of the clock, and nonsense is named."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from keyhole.core.errors import InvalidInput
from keyhole.schedules.times import PRESETS, check, explain, upcoming, zones

BERLIN = ZoneInfo("Europe/Berlin")


def following(cron, zone, after, count):
    return [str(at) for at in itertools.islice(upcoming(cron, zone, after), count)]


def test_the_hour_that_spring_leaves_out_comes_right_after():
    assert following("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC), 2) == [
        "2026-03-29 03:00:00+02:00",
        "2026-03-30 02:30:00+02:00",
    ]


def test_the_hour_that_autumn_doubles_happens_once():
    assert following("30 2 * * *", "Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == [
        "2026-10-25 02:30:00+02:00",
        "2026-10-26 02:30:00+01:00",
    ]


def test_the_zone_decides_and_not_where_the_question_was_asked():
    after = datetime(2026, 1, 5, 22, tzinfo=UTC).astimezone(BERLIN)
    assert following("0 6 * * 1-5", "America/New_York", after, 1) == ["2026-01-06 06:00:00-05:00"]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_presets_are_times(preset):
    assert check(preset.cron, "UTC") == preset.cron
    assert explain(preset.cron)


def test_spaces_do_not_matter():
    assert check("  0   6 *  * 1 ", "UTC") == "0 6 * * 1"


@pytest.mark.parametrize(
    ("cron", "zone", "field"),
    [
        ("", "UTC", "cron"),
        ("* * * *", "UTC", "cron"),
        ("61 * * * *", "UTC", "cron"),
        ("0 0 31 2 *", "UTC", "cron"),
        ("* * * * *", "UTC", "cron"),
        ("0,3 6 * * *", "UTC", "cron"),
        ("@daily", "UTC", "cron"),
        ("0 " * 200, "UTC", "cron"),
        ("0 6 * * *", "Mars/Olympus", "zone"),
        ("0 6 * * *", "../../etc/passwd", "zone"),
        ("0 6 * * *", "", "zone"),
    ],
)
def test_nonsense_is_refused_and_named(cron, zone, field):
    with pytest.raises(InvalidInput) as refused:
        check(cron, zone)
    assert refused.value.field == field
    assert refused.value.hint


def test_every_zone_that_is_offered_is_taken():
    assert "UTC" in zones()
    assert "Europe/Berlin" in zones()
    for zone in zones()[::40]:
        check("0 6 * * *", zone)
