"""Python's lock files in TOML."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import python_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named


def test_python_locks():
    text = """
[[package]]
name = "flask"
version = "2.0.1"
[[package]]
name = "own"
version = "0.1"
source = { editable = "." }
[[packages]]
name = "jinja2"
version = "3.0"
"""
    assert named(python_lock.read, text) == [("PyPI", "flask", "2.0.1"), ("PyPI", "jinja2", "3.0")]


def test_folders_that_may_be_outside_and_archives_are_told():
    text = b"""
[[package]]
name = "inside"
source = { editable = "libs/inside" }
[[package]]
name = "outside"
version = "1.0"
source = { type = "directory", url = "../outside" }
[[package]]
name = "archive"
version = "1.0"
source = { path = "wheels/archive-1.0.whl" }
[[packages]]
name = "far"
directory = { path = "../far" }
"""
    assert [(each.name, each.version, each.folder) for each in python_lock.read(text)] == [
        ("outside", "", "../outside"),
        ("archive", "1.0", ""),
        ("far", "", "../far"),
    ]


def test_the_form_of_early_versions_of_uv_is_told():
    with pytest.raises(Malformed):
        named(python_lock.read, 'version = 1\n[[distribution]]\nname = "flask"\nversion = "2.0.1"\n')
