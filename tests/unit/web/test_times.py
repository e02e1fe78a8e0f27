from datetime import UTC, datetime, timedelta

import pytest

from keyhole.web.times import duration, relative

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=3), "in a moment"),
        (timedelta(minutes=-4), "4 minutes ago"),
        (timedelta(hours=-1), "1 hour ago"),
        (timedelta(days=30), "in 30 days"),
        (timedelta(days=29, hours=23, minutes=59, seconds=50), "in 30 days"),
        (timedelta(days=29, hours=22), "in 30 days"),
        (timedelta(days=1, hours=10), "in 1 day"),
        (timedelta(days=89), "in 89 days"),
        (timedelta(days=-200), "6 months ago"),
        (timedelta(days=800), "in 2 years"),
    ],
)
def test_a_moment_relative_to_now(away, words):
    assert relative(NOW + away, NOW) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (None, ""),
        (timedelta(seconds=6.14), "6.1 s"),
        (timedelta(seconds=125), "2 min 5 s"),
        (timedelta(minutes=72), "1 h 12 min"),
    ],
)
def test_a_length_of_time(length, words):
    assert duration(length) == words
