"""Tables for terminals fit, and never break or lose the number of a line."""

from __future__ import annotations

import pytest

from keyhole.core.columns import fitted, lines, shortened


@pytest.mark.parametrize(
    ("widths", "room", "made"),
    [
        ([5, 6], 80, [5, 6]),
        ([8, 60, 40], 80, [8, 34, 34]),
        ([8, 90, 20], 80, [8, 48, 20]),
        ([30, 30], 10, [12, 12]),
        ([4, 5], 3, [4, 5]),
    ],
)
def test_the_widest_column_gives_way_first(widths, room, made):
    assert fitted(widths, room) == made


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("short", "short"),
        ("twelve chars", "twelve chars"),
        ("A long title of a finding", "A long titl…"),
        ("src/keyhole/app.py:10", "…e/app.py:10"),
        ("a-name-that-is-long.py:1234", "…ong.py:1234"),
        ("harbour/ledger-service", "…ger-service"),
    ],
)
def test_what_is_cut_keeps_what_tells_most(text, short):
    assert shortened(text, 12) == short


def test_a_row_is_a_line():
    assert lines([("a", "b"), ("long", "")], [4, 2]) == ["a     b", "long"]
