"""ZIP files."""

from __future__ import annotations

import io
import zipfile

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
