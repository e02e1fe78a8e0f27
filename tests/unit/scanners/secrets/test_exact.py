"""Patterns are compiled when they are needed, and once."""

from __future__ import annotations

import random
import re

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.secrets import exact
from keyhole.scanners.secrets.exact import Exact, edge, options
from keyhole.scanners.secrets.literals import Beginning, beginning
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make

KEY = Beginning(("key=",))
BEGUN = [rule for rule in all_rules() if rule.begins.words]


def test_a_pattern_is_compiled_once_and_not_before_it_is_needed(monkeypatch):
    made = []
    compile_ = re2.compile
    monkeypatch.setattr(exact.re2, "compile", lambda *given: made.append(given) or compile_(*given))
    pattern = Exact("k=([a-z]+)")
    assert not made
    assert [match.group(1) for match in pattern.finditer(b"k=ab k=c")] == [b"ab", b"c"]
    assert not list(pattern.finditer(b"nothing"))
    assert len(made) == 1


def test_nothing_is_compiled_for_a_text_in_which_no_match_can_begin(monkeypatch):
    monkeypatch.setattr(exact.re2, "compile", None)
    assert not list(Exact("k=([a-z]+)", Beginning(("k=", "K="))).finditer(b"nothing"))


@given(st.lists(st.sampled_from(["ab", "b", "abc", "c"]), min_size=1), st.text("abcd", max_size=20))
def test_places_are_those_that_a_pattern_finds(words, text):
    pattern = re.compile("|".join(words))
    places = exact._Places([word.encode() for word in words], text.encode())
    start, found, expected = 0, [], []
    while (place := places.after(start)) >= 0:
        found.append(place)
        start = place + 1
    start = 0
    while match := pattern.search(text, start):
        expected.append(match.start())
        start = match.start() + 1
    assert found == expected


def test_an_edge_is_the_bytes_of_a_class():
    assert edge("0-9_") == frozenset(b"0123456789_")


@pytest.mark.parametrize("rule", BEGUN, ids=lambda rule: rule.id)
def test_trying_where_a_match_may_begin_finds_the_same(rule):
    chance = random.Random(rule.id)
    plain = re2.compile(rule.confirm.encode(), options())
    examples = [make(each, seed).encode() for each in rule.examples for seed in range(2)]
    pieces = [b"\n", b" ", b"x", b"_", b"=", *examples]
    pieces += [each[: chance.randrange(len(each))] for each in examples]
    found = 0
    for _ in range(20):
        text = b"".join(chance.choices(pieces, k=chance.randrange(1, 12)))
        mine = [match.span(1) for match in Exact(rule.confirm, rule.begins).finditer(text)]
        assert mine == [match.span(1) for match in plain.finditer(text)]
        found += len(mine)
    assert found


def test_what_stands_before_a_match_counts_where_it_is_tried():
    text = b"xkey=ab key=cd"
    assert [match.group(1) for match in Exact(r"\bkey=([a-z]+)", KEY).finditer(text)] == [b"cd"]


def test_where_nothing_matches_it_is_soon_looked_for_once(monkeypatch):
    pattern = Exact("key=([a-z]+);", KEY)
    text = b"key=aa " * 1000 + b"key=bb;" + b"key=aa " * 1000 + b"key=cc;"
    tried = []
    match = re2._Regexp.match
    monkeypatch.setattr(re2._Regexp, "match", lambda *given: tried.append(given) or match(*given))
    assert [found.group(1) for found in pattern.finditer(text)] == [b"bb", b"cc"]
    assert len(tried) < 20


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("(?i)schlüssel=([a-z]+)", "SCHLÜSSEL=ab"), ("(?i)secret_key=([a-z]+)", "\u017fecret_\u212aey=ab")],
)
def test_a_match_may_begin_with_any_case_of_any_letter(pattern, text):
    begins = beginning(pattern)
    assert begins.words
    assert [match.group(1) for match in Exact(pattern, begins).finditer(text.encode())] == [b"ab"]


def test_where_many_texts_have_beginnings_and_no_match_it_is_not_tried_for_ever(monkeypatch):
    pattern = Exact("key=([a-z]+);", KEY)
    tried = []
    match = re2._Regexp.match
    monkeypatch.setattr(re2._Regexp, "match", lambda *given: tried.append(given) or match(*given))
    for number in range(2000):
        found = list(pattern.finditer(b"key=aa key=%d key=bb;" % number))
        assert [each.group(1) for each in found] == [b"bb"]
    assert len(tried) < 2000
