"""Tar files."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from keyhole.scanners.archives import is_archive
from tests.unit.scanners.archives.making import FILES, read, tarred


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_tar(form):
    files = FILES | {"deep/" * 25 + "name": b"long"}
    assert read(tarred(files, form)) == ({name.encode(): content for name, content in files.items()}, [])


def test_tar_with_names_longer_than_any_header():
    name = "d/" * 300 + "ü"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert read(tarred({name: b"x", "next": b"y"}, form)) == ({name.encode(): b"x", b"next": b"y"}, [])


def test_what_links_to_elsewhere_is_no_file():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            entry = tarfile.TarInfo("passwd")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    assert read(out.getvalue()) == ({}, [])


def test_one_that_ends_too_early_is_read_up_to_there():
    assert read(tarred({"a": b"x" * 2000})[:1500]) == (
        {b"a": b"x" * 988},
        [("a tar file that ends too early", False)],
    )


EARLY = ("a tar file that ends too early", False)
DAMAGED = ("a damaged tar file", False)


def blocks(content):
    return content + bytes(-len(content) % 512)


def summed(header, signed=False):
    """The header with its checksum."""
    empty = header[:148] + b" " * 8 + header[156:]
    total = sum(byte - 256 if signed and byte > 127 else byte for byte in empty)
    return empty[:148] + b"%06o\0 " % total + empty[156:]


def member(name, content, kind=b"0", *, mark=b"ustar\x0000", size=None, more=0, signed=False):
    """A header made to measure, and what follows it. `more` is what says that a file with holes has more of them."""
    size = len(content) if size is None else size
    header = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"0" * 11 + b"\0"
    header += b" " * 8 + kind + bytes(100) + mark.ljust(8, b"\0")
    return summed(header.ljust(482, b"\0") + bytes([more]) + bytes(29), signed) + blocks(content)


NEXT = member(b"next", b"y")


@pytest.mark.parametrize("signed", [False, True])
def test_one_of_before_posix_is_known_by_its_checksum(signed):
    old = member("ü".encode(), b"x", kind=b"\0", mark=b"", signed=signed) + member(b"next", b"y", mark=b"")
    assert read(old + bytes(1024)) == ({"ü".encode(): b"x", b"next": b"y"}, [])
    assert read(gzip.compress(old))[0] == {"ü".encode(): b"x", b"next": b"y"}
    assert not is_archive(b"z" + old[1:])
    assert not is_archive(old[:300])
    assert not is_archive(bytes(2000))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_says_where_the_holes_of_a_file_are_is_no_part_of_it(count):
    maps = b"".join(bytes(504) + bytes([number < count]) + bytes(7) for number in range(1, count + 1))
    for mark in (b"ustar  ", b""):
        holed = member(b"disk", b"", kind=b"S", mark=mark, size=600, more=min(count, 1))
        content = holed + maps + blocks(b"d" * 600) + NEXT + bytes(1024)
        assert read(content) == ({b"disk": b"d" * 600, b"next": b"y"}, [])


def test_in_a_file_of_posix_what_looks_like_that_is_a_part_of_its_name():
    assert read(member(b"disk", b"x" * 600, kind=b"S", more=1) + NEXT)[0] == {
        b"disk": b"x" * 600,
        b"next": b"y",
    }


def test_holes_that_never_end_are_the_end():
    holed = member(b"disk", b"", kind=b"S", mark=b"ustar  ", size=1, more=1)
    assert read(holed + (bytes(504) + b"\1" + bytes(7)) * 9) == ({b"disk": b""}, [EARLY])


@pytest.mark.parametrize("kind", [b"A", b"M", b"Z", b"\xff"])
def test_a_kind_that_nobody_knows_is_a_file(kind):
    assert read(member(b"a", b"x", kind=kind) + NEXT) == ({b"a": b"x", b"next": b"y"}, [])


def test_a_link_may_give_a_size_and_have_no_content_or_have_it():
    assert read(member(b"a", b"", kind=b"1", size=700) + NEXT) == ({b"next": b"y"}, [])
    assert read(member(b"a", b"x" * 700, kind=b"1") + NEXT) == ({b"a": b"x" * 700, b"next": b"y"}, [])


def records(*pairs):
    out = b""
    for key, value in pairs:
        rest = b" " + key + b"=" + value + b"\n"
        size = len(rest) + len(b"%d" % (len(rest) + 2))
        out += b"%d" % size + rest
    return out


def test_a_value_of_pax_may_have_line_breaks_and_what_looks_like_a_record():
    pax = records((b"comment", b"one\n10 size=0\n12 path=no\n"), (b"path", b"a\nb"))
    assert read(member(b"", pax, kind=b"x") + member(b"a", b"x") + NEXT)[0] == {b"a\nb": b"x", b"next": b"y"}


@pytest.mark.parametrize(
    "pax", [b"99 path=b\n", b"8 path=b\n", b"path=b\n", b"3 \n", b"0 ", b"-9 path=b\n", b"\n"]
)
def test_what_is_no_record_of_pax_is_told_and_the_rest_is_read(pax):
    content = member(b"", records((b"path", b"c")) + pax, kind=b"x") + member(b"a", b"x") + NEXT
    assert read(content) == ({b"c": b"x", b"next": b"y"}, [DAMAGED])


def test_many_records_of_pax_count_as_files():
    content = member(b"", records((b"a", b"")) * 100_000, kind=b"x") + NEXT
    assert read(content, archive_members=500)[1][0][1]


def test_what_stands_between_two_headers_of_a_file_takes_nothing_from_the_first():
    for between in (b"K", b"g"):
        content = member(b"", records((b"path", b"c")), kind=b"x") + member(
            b"", b"12 other=1\n", kind=between
        )
        assert read(content + member(b"a", b"x"))[0] == {b"c": b"x"}


def test_a_tar_file_behind_another_is_read_and_anything_else_told():
    one, two = tarred({"a": b"x"}), tarred({"b": b"y"})
    assert read(one + two) == ({b"a": b"x", b"b": b"y"}, [])
    why = ("what follows a tar file is not of its kind", False)
    assert read(one + b"something") == ({b"a": b"x"}, [why])
    assert read(one + bytes(700) + gzip.compress(b"y") + bytes(600)) == ({b"a": b"x"}, [why])
    assert read(NEXT + b"something") == ({b"next": b"y"}, [EARLY])


def test_sizes_beyond_any_file_end_it():
    header = member(b"a", b"", kind=b"0")
    large = summed(header[:124] + b"\x80" + b"\xff" * 11 + header[136:])
    assert read(large + b"x" * 512)[1] == [EARLY]
