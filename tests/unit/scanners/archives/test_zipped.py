"""ZIP files."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib

import pytest

from keyhole.scanners.archives import is_archive
from tests.unit.scanners.archives.making import FILES, GROWS, INSIDE, read, zipped

PROGRAMS = [b"#!/usr/bin/env python3\n", b"\x7fELF" + bytes(5000), b"MZ" + bytes(range(256)) * 9]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_zip(method):
    assert read(zipped(FILES, method)) == (INSIDE, [])


def test_the_comment_of_a_zip_file_is_read():
    out = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"a comment"
    assert read(out.getvalue())[0][b""] == b"a comment"


def test_files_that_share_their_bytes_are_counted_each():
    """A ZIP file of a hundred entries, all of which are the same data: small however it is looked at, but large."""
    one = zipped({"a": bytes(1 << 20)})
    entry, ending = one[one.index(b"PK\1\2") : one.index(b"PK\5\6")], one[one.index(b"PK\5\6") :]
    many = one[: one.index(b"PK\1\2")] + entry * 100
    ending = (
        ending[:8] + (100).to_bytes(2, "little") * 2 + (len(entry) * 100).to_bytes(4, "little") + ending[16:]
    )
    assert read(many + ending)[1] == [(GROWS, True)]


def test_what_cannot_be_read_is_told_and_the_rest_read():
    encrypted = bytearray(zipped(FILES))
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\1\2") + 8] |= 1
    assert read(bytes(encrypted)) == (
        {b"folder/b.txt": INSIDE[b"folder/b.txt"]},
        [("an encrypted file in a ZIP file", False)],
    )
    assert (
        read(zipped(FILES, zipfile.ZIP_LZMA))[1]
        == [("a file in a ZIP file that is compressed in a way that is not read", False)] * 2
    )
    assert read(zipped(FILES)[:-30])[1] == [("a damaged ZIP file", False)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_zip_file_behind_a_program_is_opened(program):
    whole = zipped(FILES)
    assert read(program + whole) == (INSIDE, [])
    assert read(program + whole + b"a signature of some kind") == (INSIDE, [])
    assert read(zipped({"run.pyz": program + whole})) == (
        {b"run.pyz!" + name: content for name, content in INSIDE.items()},
        [],
    )


def test_a_zip_file_behind_a_program_may_have_a_comment_and_many_files():
    out = io.BytesIO()
    out.write(PROGRAMS[0])
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"c" * 0xFFFF
        for number in range(0x10000):
            archive.writestr(str(number), b"")
    content = out.getvalue()
    assert is_archive(content)
    assert read(content)[1] == [("of an archive with more than 20,000 files not all were read", True)]


def test_a_bomb_behind_a_program_is_a_bomb():
    assert (GROWS, True) in read(PROGRAMS[1] + zipped({"a": bytes(30 << 20)}))[1]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_only_knows_the_marks_of_zip_files_is_none(program):
    assert not is_archive(program)
    assert not is_archive(program + b"PK\1\2 PK\3\4 PK\5\6")
    assert not is_archive(program + b"PK\1\2 PK\3\4 PK\5\6" + bytes(70_000))
    assert not is_archive(program + zipped(FILES) + bytes(70_000))


def test_a_damaged_zip_file_behind_a_program_is_told():
    content = bytearray(PROGRAMS[0] + zipped(FILES))
    content[content.rindex(b"PK\1\2")] = 0
    assert read(bytes(content))[1] == [("a damaged ZIP file", False)]


DAMAGED = ("a damaged file in a ZIP file", False)
TEXT = b"a line of text\n" * 20


def squeezed(text):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(text) + stream.flush()


def one_file(stored, size, crc, *, name=b"a.txt", method=8, listed=None, times=1):
    """A ZIP file of one file, whose list says that so many bytes of it are `listed`, so often."""
    sizes = crc, len(stored), size
    listed = crc, len(stored) if listed is None else listed, size
    head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, method, 0, 33, *sizes, len(name), 0) + name
    entry = (
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, method, 0, 33, *listed, len(name), *[0] * 6) + name
    )
    entries, before = entry * times, head + stored
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, times, times, len(entries), len(before), 0)
    return before + entries + end


def test_a_size_that_is_less_than_what_there_is_hides_nothing():
    for said in (TEXT[:10], b""):
        content = one_file(squeezed(TEXT), len(said), zlib.crc32(said))
        assert read(content) == ({b"a.txt": TEXT}, [DAMAGED])
        content = one_file(TEXT, len(said), zlib.crc32(said), method=0)
        assert read(content) == ({b"a.txt": TEXT}, [DAMAGED])


def test_fewer_stored_bytes_than_there_are_is_told():
    half = len(squeezed(TEXT)) // 2
    assert read(one_file(squeezed(TEXT), len(TEXT), zlib.crc32(TEXT), listed=half))[1] == [DAMAGED]
    assert read(one_file(squeezed(TEXT), 0, 0, listed=0))[1] == [DAMAGED]
    assert read(one_file(TEXT, 10, zlib.crc32(TEXT[:10]), method=0, listed=10))[1] == [DAMAGED]
    assert read(one_file(squeezed(TEXT)[:half], len(TEXT), zlib.crc32(TEXT)))[1] == [DAMAGED]


def test_what_is_damaged_is_read_all_the_same():
    assert read(one_file(squeezed(TEXT), len(TEXT), 1)) == ({b"a.txt": TEXT}, [DAMAGED])
    assert read(b"PK\3\4" + one_file(b"", 0, 0)[1:])[1] == [DAMAGED]
    where = one_file(TEXT, len(TEXT), zlib.crc32(TEXT), method=0)
    entry = where.index(b"PK\1\2") + 42
    assert read(where[:entry] + b"\xff\xff\xff\x7f" + where[entry + 4 :])[1] == [DAMAGED]


def test_a_folder_with_content_is_a_file():
    assert read(one_file(squeezed(TEXT), len(TEXT), zlib.crc32(TEXT), name=b"d/")) == ({b"d/": TEXT}, [])
    assert read(one_file(b"", 0, 0, name=b"d/", method=0)) == ({}, [])


@pytest.mark.parametrize("mark", [b"PK\7\x08", b"PK00"])
def test_one_that_may_be_divided_is_opened(mark):
    assert read(mark + zipped(FILES)) == (INSIDE, [])
    assert read(mark + zipped(FILES)[:-30])[1] == [("a damaged ZIP file", False)]
    assert not is_archive(b"PK00 is a text")


def test_files_that_are_the_same_stored_bytes_end_in_time():
    """Ten thousand files, each of all the same megabytes of nothing, which no budget of what comes out counts."""
    nothing = b"\0\0\0\xff\xff" * 200_000 + squeezed(b"")
    start = time.monotonic()
    _, why = read(one_file(nothing, 0, 0, times=10_000))
    assert why == [("an archive whose files are the same bytes again and again was read in part", True)]
    assert time.monotonic() - start < 20
