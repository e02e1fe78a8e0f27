"""Patterns are what `re.compile` makes, and are made once."""

from __future__ import annotations

import re

import pytest

from keyhole.scanners.lazily import pattern


def test_it_is_used_as_any_pattern():
    word = pattern(r"(A)(b)?", re.IGNORECASE)
    assert word.fullmatch("aB")[2] == "B"
    assert [match[0] for match in word.finditer("a AB")] == ["a", "AB"]
    assert word.fullmatch is word.fullmatch


def test_what_is_none_is_found_out_by_the_first_use():
    broken = pattern("(")
    with pytest.raises(re.error):
        broken.match("x")
