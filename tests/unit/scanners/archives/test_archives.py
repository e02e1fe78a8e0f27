"""Archives are opened as deep and as far as the limits go, and say what was left out."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.archives import unpacked
from keyhole.scanners.archives.budget import Member, NotOpened
from keyhole.scanners.limits import Limits
from tests.unit.scanners.archives.making import GROWS, read, tarred, zipped


def test_archives_in_archives_are_named_from_the_outside_in():
    inner = gzip.compress(tarred({"x": b"deep"}))
    assert read(zipped({"lib.tar.gz": inner})) == ({b"lib.tar.gz!x": b"deep"}, [])


@pytest.mark.parametrize("name", ["../../etc/passwd", "/abs", "a\nb", "C:\\x"])
def test_a_name_is_only_a_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(read(zipped({name: b"x"}))[0].values()) == [b"x"]
    assert read(tarred({name: b"x"}))[0] == {name.encode(): b"x"}
    assert not list(tmp_path.iterdir())


def quine_like(depth):
    content = b"the end"
    for _ in range(depth):
        content = zipped({"again.zip": content})
    return content


MANY = "of an archive with more than 50 files not all were read"


@pytest.mark.parametrize(
    ("content", "limits", "reason"),
    [
        (quine_like(9), {}, "archives in more than 4 others were not opened"),
        (gzip.compress(bytes(30 << 20)), {}, GROWS),
        (lzma.compress(bytes(30 << 20)), {}, GROWS),
        (zstd.compress(bytes(30 << 20)), {}, GROWS),
        (zstd.compress(zstd.compress(bytes(9 << 20)) * 9), {}, GROWS),
        (zipped({"a": bytes(9 << 20), "b": bytes(9 << 20)}), {}, GROWS),
        (gzip.compress(bytes(3 << 20)), {"archive_bytes": 2 << 20}, "an archive of more than 2 MiB was read in part"),
        (zipped({str(number): b"" for number in range(99)}), {"archive_members": 50}, MANY),
        (tarred({str(number): b"" for number in range(99)}), {"archive_members": 50}, MANY),
    ],
    ids=["nested", "gzip", "xz", "zstd", "zstd of zstd", "zip", "bytes", "zip entries", "tar entries"],
)  # fmt: skip
def test_a_limit_that_cuts_something_off_is_told(content, limits, reason):
    assert (reason, True) in read(content, **limits)[1]


def test_what_was_unpacked_before_a_limit_is_read():
    texts, _ = read(gzip.compress(b"begin" + bytes(3 << 20)), archive_bytes=1 << 20)
    assert texts[b""].startswith(b"begin")
    assert len(texts[b""]) <= (1 << 20) + 1


@given(st.binary(max_size=400), st.integers(0, 6), st.integers(0, 400), st.binary(max_size=20))
def test_no_bytes_make_it_fail(raw, which, place, junk):
    whole = (
        zipped({"a": raw}), tarred({"a": raw}), gzip.compress(raw), bz2.compress(raw), lzma.compress(raw),
        zlib.compress(raw), zstd.compress(raw),
    )[which]  # fmt: skip
    for content in (whole[:place] + junk + whole[place + len(junk) :], whole[:place], whole + junk):
        for each in unpacked(content, Limits(archive_bytes=1 << 20, archive_members=50)):
            assert isinstance(each, Member | NotOpened)


def test_kinds_that_are_not_opened_are_named():
    for mark, kind in ((b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07\0", "RAR")):
        assert read(mark + b"...")[1] == [(f"an archive of a kind that is not opened ({kind})", False)]
