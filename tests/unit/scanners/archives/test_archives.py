"""Archives are opened as deep and as far as the limits go, and say what was left out."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.archives import is_archive, unpacked
from keyhole.scanners.archives.budget import Member, NotOpened
from keyhole.scanners.interface import Limits


def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(files, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def read(content, **limits):
    """Contents by path, without those that are archives themselves; then what was not opened."""
    assert is_archive(content)
    items = list(unpacked(content, Limits(**limits)))
    texts = {each.path: each.text for each in items if isinstance(each, Member) and not is_archive(each.text)}
    return texts, [(each.reason, each.is_limit) for each in items if isinstance(each, NotOpened)]


FILES = {"a.txt": b"one", "folder/b.txt": b"two" * 1000}
INSIDE = {name.encode(): content for name, content in FILES.items()}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_zip(method):
    assert read(zipped(FILES, method)) == (INSIDE, [])


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_tar(form):
    files = FILES | {"deep/" * 25 + "name": b"long"}
    assert read(tarred(files, form)) == ({name.encode(): content for name, content in files.items()}, [])


def test_tar_with_names_longer_than_any_header():
    name = "d/" * 300 + "ü"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert read(tarred({name: b"x", "next": b"y"}, form)) == ({name.encode(): b"x", b"next": b"y"}, [])


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed(squeeze):
    text = b"a line\n" * 1000
    assert read(squeeze(text)) == ({b"": text}, [])
    assert read(squeeze(text) + squeeze(b"more")) == ({b"": text + b"more"}, [])
    assert read(squeeze(tarred(FILES))) == (INSIDE, [])


def test_archives_in_archives_are_named_from_the_outside_in():
    inner = gzip.compress(tarred({"x": b"deep"}))
    assert read(zipped({"lib.tar.gz": inner})) == ({b"lib.tar.gz!x": b"deep"}, [])


@pytest.mark.parametrize("name", ["../../etc/passwd", "/abs", "a\nb", "C:\\x"])
def test_a_name_is_only_a_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(read(zipped({name: b"x"}))[0].values()) == [b"x"]
    assert read(tarred({name: b"x"}))[0] == {name.encode(): b"x"}
    assert not list(tmp_path.iterdir())


def test_what_links_to_elsewhere_is_no_file():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            entry = tarfile.TarInfo("passwd")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    assert read(out.getvalue()) == ({}, [])


def test_the_comment_of_a_zip_file_is_read():
    out = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"a comment"
    assert read(out.getvalue())[0][b""] == b"a comment"


def quine_like(depth):
    content = b"the end"
    for _ in range(depth):
        content = zipped({"again.zip": content})
    return content


GROWS = "an archive that grows more than 250 times was read in part"
MANY = "of an archive with more than 50 files not all were read"


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (quine_like(9), {}, "archives in more than 4 others were not opened"),
        (gzip.compress(bytes(30 << 20)), {}, GROWS),
        (lzma.compress(bytes(30 << 20)), {}, GROWS),
        (zipped({"a": bytes(9 << 20), "b": bytes(9 << 20)}), {}, GROWS),
        (gzip.compress(bytes(3 << 20)), {"archive_bytes": 2 << 20}, "an archive of more than 2 MiB was read in part"),
        (zipped({str(number): b"" for number in range(99)}), {"archive_members": 50}, MANY),
        (tarred({str(number): b"" for number in range(99)}), {"archive_members": 50}, MANY),
    ],
    ids=["nested", "gzip", "xz", "zip", "bytes", "zip entries", "tar entries"],
)  # fmt: skip
def test_a_limit_that_cuts_something_off_is_told(content, limits, reason):
    assert (reason, True) in read(content, **limits)[1]


def test_what_was_unpacked_before_a_limit_is_read():
    texts, _ = read(gzip.compress(b"begin" + bytes(3 << 20)), archive_bytes=1 << 20)
    assert texts[b""].startswith(b"begin")
    assert len(texts[b""]) <= (1 << 20) + 1


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
    assert read(gzip.compress(b"text" * 100)[:-12])[1] == [("a compressed file that ends too early", False)]
    assert read(tarred({"a": b"x" * 2000})[:1500]) == (
        {b"a": b"x" * 988},
        [("a tar file that ends too early", False)],
    )
    for mark, kind in (
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07\0", "RAR"),
        (b"\x28\xb5\x2f\xfd", "Zstandard"),
    ):
        assert read(mark + b"...")[1] == [(f"an archive of a kind that is not opened ({kind})", False)]


def test_a_dictionary_too_large_is_not_made():
    squeezed = lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 128 << 20}])
    content = squeezed.compress(b"text") + squeezed.flush()
    assert read(content)[1] == [("a damaged compressed file", False)]


@given(st.binary(max_size=400), st.integers(0, 5), st.integers(0, 400), st.binary(max_size=20))
def test_no_bytes_make_it_fail(raw, which, place, junk):
    whole = (
        zipped({"a": raw}), tarred({"a": raw}), gzip.compress(raw), bz2.compress(raw), lzma.compress(raw),
        zlib.compress(raw),
    )[which]  # fmt: skip
    for content in (whole[:place] + junk + whole[place + len(junk) :], whole[:place], whole + junk):
        for each in unpacked(content, Limits(archive_bytes=1 << 20, archive_members=50)):
            assert isinstance(each, Member | NotOpened)
