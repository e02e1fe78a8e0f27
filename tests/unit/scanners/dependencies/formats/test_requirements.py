"""Requirements files."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import requirements
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named


def test_requirements():
    text = """
# a comment
flask==2.0.1  # pinned
Django[argon2] == 4.2 ; python_version > "3"
requests>=2,<3
six===1.0
two==1.0,!=1.1
wild==1.*
-r other.txt
--hash=sha256:abc
git+https://example.org/x.git
pkg @ https://example.org/p.whl
hashed==1.0 \\
    --hash=sha256:00
"""
    assert named(requirements.read, text) == [
        ("PyPI", "flask", "2.0.1"),
        ("PyPI", "Django", "4.2"),
        ("PyPI", "requests", ""),
        ("PyPI", "six", "1.0"),
        ("PyPI", "two", ""),
        ("PyPI", "wild", ""),
        ("PyPI", "example.org/x.git", ""),
        ("PyPI", "pkg", ""),
        ("PyPI", "hashed", "1.0"),
        ("PyPI", "other.txt", ""),
    ]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("-e git+https://user:pass@example.org/a/b@v1#egg=b", "b"),
        ("git+https://token@example.org/a/c.git@main", "example.org/a/c.git@main"),
        ("git+git@example.org:a/d", "example.org:a/d"),
        ("https://example.org/y-1.0-py3-none-any.whl", "y"),
        ("https://example.org/y-z-1.0.tar.gz?token=1", "y-z"),
        ("wheels/y-1.0-py3-none-any.whl ; python_version > '3'", "y"),
        ("./local", "./local"),
        ("sub/folder", "sub/folder"),
        ("file:other", "other"),
        ("y@https://example.org/w-1.0.whl", "y"),
    ],
)
def test_what_comes_from_an_address_or_a_path_is_named_without_a_version(line, name):
    assert named(requirements.read, line) == [("PyPI", name, "")]


@pytest.mark.parametrize("line", ["--require-hashes", "--no-binary :all:", ""])
def test_an_option_about_no_package_names_none(line):
    assert named(requirements.read, line) == []


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("-e .", "."),
        (".", "."),
        (".[dev]", "."),
        ('-e ".[dev, test]"', "."),
        ("-e ./sub", "./sub"),
        ("--editable=sub/x", "sub/x"),
        ("./local ; python_version > '3'", "./local"),
        ("file:other#egg=name", "other"),
        ("-e ../shared", "../shared"),
        ("--editable ..", ".."),
        ("..", ".."),
    ],
)
def test_a_folder_is_told_with_where_it_is(line, folder):
    (package,) = requirements.read(line.encode())
    assert (package.folder, package.version, package.alone) == (folder, "", True)


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("-r base.in", "base.in"),
        ("-rbase.in", "base.in"),
        ("--requirement=base.in", "base.in"),
        ("-c ../limits.txt  # why", "../limits.txt"),
        ("--constraint 'limits.txt'", "limits.txt"),
    ],
)
def test_a_file_that_is_named_is_told(line, file):
    (package,) = requirements.read(line.encode())
    assert (package.name, package.listed_in) == (file, file)


def test_an_address_is_told_without_its_password():
    (package,) = requirements.read(b"-r https://user:pass@example.org/requirements.txt?token=1")
    assert package.name == "example.org/requirements.txt"


def test_notes_and_what_is_told_besides_go_together():
    text = b"-r base.in\na==1.0\n    # via b\nb==1.0\n    # via -r base.in\n-e ../c\n"
    found = {each.name: each for each in requirements.read(text)}
    assert found["a"].via == ("b",)
    assert (found["../c"].folder, found["base.in"].listed_in) == ("../c", "base.in")


def test_long_lines_are_read_in_no_time():
    for piece in (b"a/", b"a-", b"-", b"git+a@", b"a.zip", b"[a"):
        assert len(list(requirements.read(b"x" + piece * 200_000))) <= 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_a_shell_of_windows_writes_is_read_as_pip_reads_it(encoding):
    found = list(requirements.read("# caf\u00e9\r\na==1.0\r\n".encode(encoding)))
    assert [(each.name, each.version, each.line) for each in found] == [("a", "1.0", 2)]


def test_what_only_begins_as_utf_16_is_none():
    with pytest.raises(Malformed, match="UTF-16"):
        list(requirements.read(b"\xff\xfea\x00\x00\xd8b"))
