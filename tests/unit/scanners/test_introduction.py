"""Nonsense for a date does no harm, and a path of any length is shown."""

from __future__ import annotations

import pytest

from keyhole.core.escaping import is_escaped
from keyhole.scanners.introduction import date_of, introduced_in, shown_path


@pytest.mark.parametrize(
    ("seconds", "date"),
    [
        (b"0", "1970-01-01T00:00:00Z"),
        (b"1700000000", "2023-11-14T22:13:20Z"),
        (b"99999999999999999999", ""),
        (b"-5", "1969-12-31T23:59:55Z"),
        (b"", ""),
        (b"soon", ""),
    ],
)
def test_dates(seconds, date):
    assert date_of(seconds) == date


def test_a_long_path_is_cut_and_every_path_is_escaped():
    assert shown_path(b"a" * 10_000) == "a" * 4096 + "..."
    assert is_escaped(shown_path(b"a\xff\x1b[2J\n" * 2000))


def test_what_a_commit_has_is_said_to_be_its_own():
    said = introduced_in(b"a" * 40, b"1700000000", b"a/b")
    assert (said.commit, said.author_date, said.path) == ("a" * 40, "2023-11-14T22:13:20Z", "a/b")
