"""ZIP files."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.unit.scanners.archives.making import FILES, GROWS, INSIDE, read, zipped


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
