"""Nothing in the checkout knows the machine that it was written on, or where packages are downloaded from."""

from __future__ import annotations

import re

import pytest

from tests.conventions.checkout import files, name

# With brackets, so that this file does not find itself.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(
        r"(?<![\w.])/(?:work/(?:main|shared)|[r]oot/(?!\.ssh)|[h]ome/(?!ada/|ann/|git/)\w+/|[U]sers/\w+/)"
    ),
    "the host of a package registry": re.compile(
        r"\b(?:[p]ypi\.(?:org|python)|files\.[p]ythonhosted|registry\.[n]pmjs|registry\.[y]arnpkg"
        r"|deb\.[d]ebian\.org|proxy\.[g]olang|static\.[c]rates\.io)"
    ),
}  # fmt: skip
LARGEST = 2_000_000
BINARY = {".png", ".woff2", ".ico", ".gz", ".zip", ".pack"}

texts = [path for path in files() if path.suffix not in BINARY]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what):
    found = []
    for path in texts:
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def test_no_file_is_large():
    assert not [name(path) for path in files() if path.stat().st_size > LARGEST]


def test_every_script_is_executable():
    scripts = [path for path in texts if path.read_bytes()[:2] == b"#!"]
    assert scripts
    assert not [name(path) for path in scripts if not path.stat().st_mode & 0o100]
