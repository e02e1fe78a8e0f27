"""Looking at what differs sees exactly what looking at everything sees, whatever differs."""

from __future__ import annotations

import random

import pytest

from keyhole.scanners.secrets import sight
from keyhole.scanners.secrets.compiled import NO_END, Pattern, _compiled, reach_of
from keyhole.scanners.secrets.sight import Sight, noted, pairs
from tests.unit.scanners.secrets.differences import changed

EXPRESSIONS = [
    rb"qq$",
    rb"^ab",
    rb"ab",
    rb"\bk[0-9]{3}\b",
    rb"a[^\n]{0,9}z",
    rb"x{5}",
    rb"(?i)tok[a-z]{1,4}=",
]
SIGN = len(EXPRESSIONS)
PATTERNS = [Pattern(number, each, once=False) for number, each in enumerate(EXPRESSIONS)]
PIECES = [
    b"ab",
    b"k123",
    b"k12",
    b"a",
    b"z",
    b"xxxxx",
    b"xxx",
    b"Token=",
    b"tok",
    b" ",
    b"\n",
    b"1",
    b"_",
    b"qq",
    b"=" * 9,
]


def database():
    return _compiled([*PATTERNS, Pattern(SIGN, b"SIGN", once=True)])


@pytest.fixture
def seeing(monkeypatch):
    """Comparing always pays."""
    monkeypatch.setattr(sight, "_WORTH", 0)
    monkeypatch.setattr(sight, "_FEW", 0)
    return Sight(database(), reach_of(PATTERNS), range(SIGN, SIGN + 1))


@pytest.mark.parametrize("seed", range(150))
def test_it_is_as_if_everything_had_been_looked_at(seeing, seed):
    chance = random.Random(seed)
    text = b"".join(chance.choices(PIECES, k=400))
    before = seeing.of(text)[:]
    for _ in range(6):
        text, difference = changed(chance, text, PIECES)
        found = seeing.following(text, before, difference)
        assert sorted(pairs(found)) == sorted(pairs(seeing.of(text)))
        before = found


def test_a_part_that_is_shared_is_not_looked_at(seeing, monkeypatch):
    looked = []
    of = seeing.of
    monkeypatch.setattr(seeing, "of", lambda text: looked.append(len(text)) or of(text))
    base = b"ab " * 3000
    before = of(base)[:]
    difference = b"\xff\xff\x7f" * 2 + b"\xb0\x88\x13" + b"\x04here" + b"\xb3\x88\x13\xa0\x0f"
    text = base[:5000] + b"here" + base[5000:9000]
    assert sorted(pairs(seeing.following(text, before, difference))) == sorted(pairs(of(text)))
    assert sum(looked) < 200


def test_where_a_sign_was_or_is_everything_is_looked_at(seeing):
    base = b"ab " * 300 + b"SIGN" + b"ab " * 300
    gone = b"\xff\xff\x7f" * 2 + b"\xb0\x84\x03"
    assert sorted(pairs(seeing.following(base[:900], seeing.of(base)[:], gone))) == sorted(
        pairs(seeing.of(base[:900]))
    )
    come = b"\xff\xff\x7f" * 2 + b"\xb0\x84\x03" + b"\x04SIGN"
    before = seeing.of(base[:900])[:]
    assert (SIGN, 904) in pairs(seeing.following(base[:904], before, come))


def test_patterns_without_an_end_are_never_compared():
    everything = Sight(database(), NO_END, range(0))
    assert not everything._reach
    assert list(pairs(everything.following(b"ab", everything.of(b"ab")[:], b""))) == [(1, 2), (2, 2)]


def test_a_text_that_is_nothing_but_matches_is_not_noted(seeing):
    assert noted(seeing.of(b"ab" * 10)) is not None
    assert noted(seeing.of(b"ab" * 20_000)) is None


def test_the_library_reports_matches_in_the_order_of_their_ends(seeing):
    chance = random.Random(1)
    for _ in range(50):
        found = seeing.of(b"".join(chance.choices(PIECES, k=2000)))
        ends = [end for _, end in pairs(found)]
        assert ends == sorted(ends)
