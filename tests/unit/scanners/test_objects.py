"""Objects larger than a piece are read as if they were one, wherever a secret stands in them."""

from __future__ import annotations

import hashlib

import pytest

from keyhole.scanners import objects
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Trouble, list_objects, read_objects
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import all_rules


def nobody(_done, _total):
    return None


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(objects, "SEGMENT", 4096)
    monkeypatch.setattr(objects, "OVERLAP", 512)


@pytest.fixture(scope="module")
def engine():
    return Engine(all_rules(), lambda value: hashlib.sha256(value).hexdigest()[:32])


def pieces_of(history):
    git, trouble = Git(history.path), Trouble()
    entries = list_objects(git, Limits(), trouble, nobody)
    assert not trouble.counts
    return [piece for piece in read_objects(git, entries, Limits(), trouble) if piece.entry.kind == "blob"]


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize(
    "offset", [0, 3000, 3560, 3583, 3584, 4056, 4095, 4096, 4097, 7000, 7680, 9000, 11_900]
)
def test_a_secret_is_found_once_and_in_its_place_wherever_pieces_end(
    history, token, engine, small_pieces, offset, lines
):
    filler = b"some words and a line\n" * 600 if lines else b"some words and more.. " * 600
    text = filler[:offset] + b" " + token + b" " + filler
    history.commit({"large": text})
    places = []
    for piece in pieces_of(history):
        for hit in engine.examine(piece.text):
            if piece.keep_from <= hit.start < piece.keep_to:
                breaks = piece.text.count(b"\n", 0, hit.start)
                column = hit.start - piece.text.rfind(b"\n", 0, hit.start) - 1
                places.append(
                    (piece.lines_before + breaks, column + (piece.column_before if breaks == 0 else 0))
                )
    start = offset + 1
    assert places == [(text.count(b"\n", 0, start), start - text.rfind(b"\n", 0, start) - 1)]


def test_pieces_keep_every_byte_exactly_once(history, small_pieces):
    text = bytes(range(256)) * 100
    history.commit({"large": text})
    pieces = pieces_of(history)
    assert len(pieces) > 5
    assert b"".join(piece.text[piece.keep_from : piece.keep_to] for piece in pieces) == text
    assert [piece.is_last for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_each_object_is_listed_once_however_many_commits_have_it(history):
    for number in range(5):
        history.commit({"same": b"the same", "other": b"%d" % number})
    entries = list_objects(Git(history.path), Limits(), Trouble(), nobody)
    assert len([entry for entry in entries if entry.kind == "blob"]) == 6
    assert len([entry for entry in entries if entry.kind == "commit"]) == 5


def test_trouble_is_told_once_with_how_often():
    trouble = Trouble()
    trouble.note("one thing")
    trouble.note("another")
    trouble.note("another")
    assert trouble.sentences() == ("one thing", "another (2 times)")


def test_of_objects_without_end_some_are_kept_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(objects, "_MOST_OBJECTS", 3)
    trouble = Trouble()
    for number in range(5):
        trouble.note("gone", objects=[b"%040d" % number])
    assert trouble.counts == {"gone": 5}
    assert len(trouble.objects["gone"]) == 3
