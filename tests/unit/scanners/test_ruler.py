"""Lines and columns of offsets, whichever way they are asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners import ruler
from keyhole.scanners.ruler import Ruler

PIECES = st.sampled_from(
    [
        b"\n",
        b"a",
        "ä".encode(),
        "€".encode(),
        "😀".encode(),
        b"\x80",
        b"\xbf",
        b"\xc3",
        b"\xe2\x82",
        b"\xf0\x9f",
        b"\xff",
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map(b"".join)


def slowly(text, offset):
    """Counted from where the text begins."""
    line_start = text.rfind(b"\n", 0, offset) + 1
    return text.count(b"\n", 0, offset) + 1, len(text[line_start:offset].decode("utf-8", "replace")) + 1


@given(TEXTS, st.data())
def test_it_is_the_same_as_counting_from_the_beginning(text, data):
    offsets = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    measure = Ruler(text, 0, 0).measure
    assert [measure(each) for each in sorted(offsets)] == [slowly(text, each) for each in sorted(offsets)]
    assert [measure(each) for each in offsets] == [slowly(text, each) for each in offsets]


def test_a_piece_knows_what_came_before_it():
    measure = Ruler(b"ab\ncd", 7, 100).measure
    assert [measure(0), measure(1), measure(3), measure(4)] == [(8, 101), (8, 102), (9, 1), (9, 2)]


def test_in_a_line_beyond_any_editor_columns_are_bytes(monkeypatch):
    monkeypatch.setattr(ruler, "_LONGEST_LINE", 4)
    measure = Ruler("ää€\nä".encode(), 0, 0).measure
    assert [measure(2), measure(4), measure(7), measure(10)] == [(1, 2), (1, 3), (1, 8), (2, 2)]


def test_a_text_that_is_all_hits_is_counted_once(monkeypatch):
    counted = []
    monkeypatch.setattr(ruler, "_count", lambda part: counted.append(len(part)) or len(part))
    text = b"k\x80\x80\x80\x80\x80" * 1_000
    measure = Ruler(text, 0, 0).measure
    for each in range(len(text)):
        measure(each)
    assert sum(counted) < 5 * len(text)
