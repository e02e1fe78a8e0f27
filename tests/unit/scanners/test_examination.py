"""Where a hit is: lines and columns count as editors do, also in the middle of a large object."""

from __future__ import annotations

from keyhole.scanners.examination import examine
from keyhole.scanners.interface import Hit
from keyhole.scanners.objects import Entry, Piece


class Finds:
    """Finds one word."""

    def __init__(self, word):
        self._word = word

    def examine(self, text):
        start = text.find(self._word)
        return [] if start < 0 else [Hit("word", start, start + len(self._word), "f", "")]

    def about(self, rule):
        raise NotImplementedError


def sites(piece, word=b"here"):
    return [found.site for found in examine({"finder": Finds(word)}, piece)]


def test_lines_and_columns_count_characters_from_one():
    text = "eins\nzwölf here".encode()
    (site,) = sites(Piece(Entry(b"a" * 40, "blob", len(text)), text, 0, len(text), 0, 0))
    assert (site.line, site.column) == (2, 7)


def test_a_later_piece_goes_on_counting():
    (site,) = sites(Piece(Entry(b"a" * 40, "blob", 99), b"and here", 0, 8, 41, 100))
    assert (site.line, site.column) == (42, 105)


def test_what_belongs_to_another_piece_is_not_counted():
    assert not sites(Piece(Entry(b"a" * 40, "blob", 99), b"here and", 4, 8, 0, 0))
