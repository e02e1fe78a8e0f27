"""Patterns are taken apart as RE2 means them, and silently."""

from __future__ import annotations

import warnings

import pytest
import re2

from keyhole.scanners.secrets.syntax import tree_of


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [
        ("abc", b"abc"),
        ("a[[:digit:]]{10}", b"a0123456789"),
        ("a[[:digit:][:upper:]_]{3}", b"a0_Z"),
        ("a[^[:space:]]{2}", b"abc"),
        ("a[[:^digit:]]", b"ab"),
        (r"\[:alpha:]", b"[:alpha:]"),
        (r"\\[[:alpha:]]", rb"\z"),
        (r"ab[\\[:alpha:]]", rb"ab\z"[:3]),
        (r"[\][:alpha:]]{2}", b"]z"),
        ("[[a]{2}", b"[a"),
        ("[a&&b]{3}", b"&ab"),
    ],
)
def test_the_width_is_what_re2_matches_and_nothing_is_said(pattern, longest):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        low, high = tree_of(pattern).getwidth()
    assert low == high == len(longest)
    match = re2.compile(pattern.encode()).search(longest + b"0aZ_[]")
    assert match is not None
    assert match.end() - match.start() == high
