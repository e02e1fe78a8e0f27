"""Where a hit is: lines and columns count as editors do, also in the middle of a large object."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile

import pytest

from keyhole.scanners.examination import Examination
from keyhole.scanners.hits import Hit
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Entry, Piece
from tests.unit.scanners.archives.making import tarred, zipped


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
    return [found.site for found in Examination({"finder": Finds(word)}, Limits()).examine(piece)]


def test_lines_and_columns_count_characters_from_one():
    text = "eins\nzwölf here".encode()
    (site,) = sites(Piece(Entry(b"a" * 40, "blob", len(text)), text, 0, len(text), 0, 0))
    assert (site.line, site.column) == (2, 7)


def test_a_later_piece_goes_on_counting():
    (site,) = sites(Piece(Entry(b"a" * 40, "blob", 99), b"and here", 0, 8, 41, 100))
    assert (site.line, site.column) == (42, 105)


def test_what_belongs_to_another_piece_is_not_counted():
    assert not sites(Piece(Entry(b"a" * 40, "blob", 99), b"here and", 4, 8, 0, 0))


def found(text, word=b"here", pieces=1, **limits):
    """What is found in a file, given in so many pieces that overlap, and what was left out."""
    examination = Examination({"finder": Finds(word)}, Limits(**limits))
    entry, size = Entry(b"a" * 40, "blob", len(text)), -(-len(text) // pieces)
    hits = []
    for number in range(pieces):
        start, end = max(0, number * size - 64), min(len(text), (number + 1) * size)
        keep_to = end - start if end == len(text) else end - start - 32
        before = text[:start]
        piece = Piece(entry, text[start:end], 32 if number else 0, keep_to, before.count(b"\n"), number and 1)
        hits += examination.examine(piece)
    return [each.site for each in hits], examination.taken()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("pieces", [1, 3])
def test_a_text_of_wide_characters_is_read_with_or_without_a_mark(encoding, mark, pieces):
    text = mark + "some line of plain English text\n" * 40 + "and here it is\n"
    text += " " * (-len(text) % 12)
    ((site,), _) = found(text.encode(encoding), pieces=pieces)
    assert (site.line, site.column) == (41, 5)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_of_a_text_with_a_mark_all_pieces_are_read_in_any_alphabet(encoding):
    # The second of these has the byte of a line break.
    text = ("\ufeff" + "\u6f22\u4e0a\u5b57\n" * 405 + "and here").encode(encoding)
    ((site,), _) = found(text, pieces=3)
    assert (site.line, site.column) == (406, 5)


def test_where_a_mark_lies_lines_are_those_of_the_bytes():
    ((site,), _) = found(b"\xff\xfe" + b"a line\n" * 300 + b"and here", pieces=3)
    assert (site.line, site.column) == (301, 5)


def test_the_mark_of_one_text_says_nothing_of_the_next():
    examination = Examination({"finder": Finds(b"here")}, Limits())
    large, small = Entry(b"a" * 40, "blob", 900), Entry(b"b" * 40, "blob", 900)
    assert not examination.examine(Piece(large, b"\xff\xfe\1\1", 0, 3, 0, 0))
    text = "\u6f22 here".encode("utf-16-le")
    assert not examination.examine(Piece(small, text, 0, len(text) - 1, 0, 0))
    assert not examination.examine(Piece(small, text, 2, len(text), 0, 1))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_it_is_noticed_that_there_is_something_to_say_about_one(encoding, mark):
    examination = Examination({"finder": Finds(b"here")}, Limits())
    assert examination.needs((mark + "here, as everywhere").encode(encoding))[0]


def test_a_mark_that_lies_hides_nothing():
    assert len(found(b"\xff\xfe not wide, but here")[0]) == 1
    assert len(found(gzip.compress(b"\xfe\xff not wide, but here"))[0]) == 1


def test_binary_content_is_taken_for_no_wide_text():
    assert len(found(bytes(range(256)) * 4 + b"here")[0]) == 1
    assert len(found(bytes(600) + b"here")[0]) == 1


@pytest.mark.parametrize("pieces", [1, 3])
def test_what_is_in_an_archive_has_its_path_and_line_in_there(pieces):
    inner = gzip.compress(b"\n\nand here\n")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a\n.txt", b"\nhere" + os.urandom(500))
        archive.writestr("b.gz", inner)
    sites, left = found(out.getvalue(), pieces=pieces)
    assert {(site.inner, site.line, site.column, site.note) for site in sites} == {
        ("a\\u000a.txt", 2, 1, ""),
        ("b.gz", 3, 5, ""),
    }
    assert left == {"left_out": [], "closed": []}


def test_a_compressed_file_has_no_path_in_it_and_says_what_it_is():
    ((site,), _) = found(gzip.compress(b"\nhere"))
    assert (site.inner, site.line, site.note) == ("", 2, "compressed")


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_in_a_compressed_tar_file_has_one_place(squeeze):
    tar = tarred({"a/prod.env": b"\nhere", "b": b"nothing"})
    for text, path in (
        (squeeze(tar), "a/prod.env"),
        (squeeze(squeeze(tar)), "a/prod.env"),
        (tarred({"in.tgz": squeeze(tar)}), "in.tgz!a/prod.env"),
        (squeeze(tarred({"in.tar": tar})), "in.tar!a/prod.env"),
    ):
        assert [(site.inner, site.line, site.note) for site in found(text)[0]] == [(path, 2, "")]


def test_what_is_in_two_files_of_a_compressed_tar_file_has_both_places():
    tar = tarred({"a": b"here", "in.tar": tarred({"b": b"here", "c": b""}), "d": b"and here"})
    assert [site.inner for site in found(gzip.compress(tar))[0]] == ["a", "in.tar!b", "d"]


def test_what_is_not_in_a_file_of_a_compressed_tar_file_is_found_in_its_bytes():
    tar = tarred({"here": b"in the name"})
    ((site,), _) = found(gzip.compress(tar))
    assert (site.inner, site.note) == ("", "compressed")


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("program", [b"#!/usr/bin/env python3\n", b"\x7fELF", b"MZ"])
def test_a_program_may_have_a_zip_file_behind_it(program, pieces):
    whole = zipped({"a.py": b"\nhere", "b": os.urandom(500)})
    sites, left = found(program + bytes(900) + whole, pieces=pieces)
    assert [(site.inner, site.line) for site in sites] == [("a.py", 2)]
    assert left == {"left_out": [], "closed": []}
    sites, left = found(program + b"and here" + bytes(900), pieces=pieces)
    assert len(sites) == 1
    assert left == {"left_out": [], "closed": []}


def test_a_program_too_large_to_be_kept_is_told_if_it_has_a_zip_file_behind_it():
    program = b"\x7fELF and here" + bytes(3000)
    for text, left in (
        (program, []),
        (program + zipped({"a": b""}), [["an archive larger than 0 MiB was not opened", 1, ["a" * 40]]]),
    ):
        sites, taken = found(text, pieces=3, archive_size=1 << 10)
        assert (len(sites), taken["left_out"]) == (1, left)


def test_what_is_left_out_of_archives_is_counted_once():
    text = gzip.compress(gzip.compress(b"here"))
    assert found(text, archive_depth=1)[1]["left_out"] == [
        ["archives in more than 1 others were not opened", 1, ["a" * 40]]
    ]
    assert found(text * 3, pieces=2, archive_size=1 << 4)[1]["left_out"] == [
        ["an archive larger than 0 MiB was not opened", 1, ["a" * 40]]
    ]
    assert found(b"Rar!\x1a\x07\0 ...")[1]["closed"] == [
        ["an archive of a kind that is not opened (RAR)", 1, ["a" * 40]]
    ]


def test_a_message_with_something_in_it_is_looked_at_once():
    looked = []

    class Examiner:
        def examine(self, text):
            looked.append(text)
            return [Hit("rule", 0, 5, "rule:" + "0" * 32, "")]

    examination = Examination({"one": Examiner()}, Limits())
    text = b"tree x\nauthor a\n\nhello"
    assert examination.needs_message(text)
    (found,) = examination.examine(Piece(Entry(b"a" * 40, "commit", len(text)), text, 0, len(text), 0, 0))
    assert (found.site.kind, found.site.line, looked) == ("commit", 1, [b"hello"])


@pytest.mark.parametrize("kind", ["commit", "tag"])
def test_of_a_message_that_comes_in_pieces_all_is_looked_at(kind):
    lines = b"x" * 40 + b"\n\n"
    text = lines + b"said\n" * 100 + b"and here\n"
    half = len(text) // 2
    entry = Entry(b"a" * 40, kind, len(text))
    first = Piece(entry, text[:half], 0, half - 32, 0, 0)
    last = Piece(entry, text[half - 64 :], 32, half + 64, 50, 1)
    assert not sites(first)
    assert len(sites(last)) == 1


def merge_of(*said):
    """A merge of signed tags, as git writes it."""
    tags = (b"object 1\ntag one\ntagger here <a@example.com>\n\n%b\nand more" % each for each in said)
    kept = b"".join(b"mergetag " + tag.replace(b"\n", b"\n ") + b"\n" for tag in tags)
    return b"tree 0\n" + kept + b"gpgsig here\n here\n\nMerge tags\n"


@pytest.mark.parametrize("said", [(b"and here", b"nothing"), (b"nothing", b"and here")])
def test_what_tags_said_is_found_in_the_merge_that_keeps_them(said):
    examination = Examination({"finder": Finds(b"here")}, Limits())
    text = merge_of(*said)
    assert examination.needs_message(text)
    (found,) = examination.examine(Piece(Entry(b"a" * 40, "commit", len(text)), text, 0, len(text), 0, 0))
    assert (found.site.line, found.site.column) == (2 + 1 + 2 * said.index(b"and here"), 5)


def test_of_the_lines_before_a_message_nothing_else_is_looked_at():
    text = merge_of(b"nothing", b"nothing either")
    assert not sites(Piece(Entry(b"a" * 40, "commit", len(text)), text, 0, len(text), 0, 0))
