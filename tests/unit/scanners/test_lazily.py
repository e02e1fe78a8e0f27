"""Patterns are what `re.compile` makes, and are made once."""

from __future__ import annotations

import re

import pytest

from keyhole.scanners import lazily
from keyhole.scanners.lazily import Later, compile_while, pattern


def test_it_is_used_as_any_pattern():
    word = pattern(r"(A)(b)?", re.IGNORECASE)
    assert word.fullmatch("aB")[2] == "B"
    assert [match[0] for match in word.finditer("a AB")] == ["a", "AB"]
    assert word.fullmatch is word.fullmatch


def test_what_is_none_is_found_out_by_the_first_use():
    broken = pattern("(")
    with pytest.raises(re.error):
        broken.match("x")


def test_they_are_compiled_for_as_long_as_nothing_else_is_to_be_done(monkeypatch):
    made = []
    waiting = [Later(lambda: made.append("one") or "ONE"), Later(lambda: made.append("two") or "TWO")]
    monkeypatch.setattr(lazily, "_patterns", waiting)
    compile_while(iter([True, False]).__next__)
    assert made == ["one"]
    compile_while(lambda: True)
    assert made == ["one", "two"]  # each once
    assert waiting[0].lower() == "one"
    assert made == ["one", "two"]
