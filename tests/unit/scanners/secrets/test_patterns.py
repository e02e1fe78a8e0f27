"""Short ways to write a rule become the two patterns the engine needs."""

from __future__ import annotations

import pytest

from keyhole.scanners.secrets.patterns import width, with_patterns


@pytest.mark.parametrize(
    ("token", "scan"),
    [
        ("a_[0-9]{4}", "a_[0-9]{4}"),
        ("a_[0-9]{4,9}", "a_[0-9]{4}"),
        ("a_[0-9]{4,}", "a_[0-9]{4}"),
        ("a_[0-9]{4,9}={0,2}", "a_[0-9]{4}"),
        ("a_[0-9]{4,9}x", "a_[0-9]{4,9}x"),
    ],
)
def test_the_fast_pass_stops_once_per_secret(token, scan):
    assert with_patterns({"token": token})["scan"] == scan


def test_windows_that_the_author_gave_stay():
    assert with_patterns({"token": "a{20}", "before": 30, "after": 40})["before"] == 30


def test_words_may_be_the_rules_own():
    confirm = with_patterns({"near": "acme", "value": "x{16}", "words": "webhook"})["confirm"]
    assert "(?i:webhook)" in confirm


@pytest.mark.parametrize(("pattern", "most"), [("abc", 3), ("a{2,5}(b|cd)", 7), ("a*", 1 << 16)])
def test_how_far_a_pattern_reaches(pattern, most):
    assert width(pattern) == most
