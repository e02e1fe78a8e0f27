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
    assert with_patterns({"token": token, "before": 160, "after": 200})["scan"] == scan


def test_windows_that_the_author_gave_stay():
    assert with_patterns({"token": "a{20}", "before": 30, "after": 40})["before"] == 30


def test_words_may_be_the_rules_own():
    confirm = with_patterns({"near": "acme", "value": "x{16}", "words": "webhook"})["confirm"]
    assert "(?i:webhook)" in confirm


@pytest.mark.parametrize(("pattern", "most"), [("abc", 3), ("a{2,5}(b|cd)", 7), ("a*", 1 << 16)])
def test_how_far_a_pattern_reaches(pattern, most):
    assert width(pattern) == most


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"token": "a_[0-9]+"}, "token: may match without end"),
        ({"token": "a_[0-9]{4,}", "before": 160}, "token: may match without end"),
        ({"token": "a_[0-9]{40,16359}"}, "token: may match 16,361 characters; 16,360 are looked at"),
        ({"near": "acme", "value": "[0-9a-f]{20,16300}"}, "value: may match, with near before it, 16,"),
        ({"near": "acme", "value": "[0-9a-f]*"}, "value: may match without end"),
        ({"near": "acme.*", "value": "[0-9a-f]{8}"}, "near: may match without end"),
        ({"near": "acme(", "value": "[0-9a-f]{8}"}, "near: is no pattern"),
        ({"token": "(["}, "token: is no pattern"),
        ({"near": "(?P<a>x)", "value": "(?P<a>y)"}, "confirm: is no pattern: redefinition"),
    ],
)
def test_the_field_that_somebody_wrote_is_named(entry, says):
    with pytest.raises(ValueError, match=says):
        with_patterns(entry)


def test_all_that_is_wrong_is_said():
    with pytest.raises(ValueError, match="near") as refused:
        with_patterns({"near": "a*", "value": "x*"})
    assert [what.partition(":")[0] for what in refused.value.args] == ["near", "value"]


def test_what_fits_the_widest_window_is_taken():
    assert with_patterns({"token": "a_[0-9]{40,16358}"})["before"] == 1 << 14
