"""Tar files."""

from __future__ import annotations

import io
import tarfile

import pytest

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
