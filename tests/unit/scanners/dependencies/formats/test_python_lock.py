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


def test_a_folder_of_the_repository_that_pdm_names_is_no_package_and_an_archive_is():
    lock = """
[[package]]
name = "own"
version = "0.1"
path = "./parts/own"
dependencies = ["b"]

[[package]]
name = "packed"
version = "1.0"
path = "./vendor/packed-1.0.tar.gz"

[[package]]
name = "b"
version = "2.0"
"""
    found = list(python_lock.read(lock.encode()))
    assert [(each.name, each.version, each.relation.value) for each in found] == [
        ("packed", "1.0", "unknown"),
        ("b", "2.0", "direct"),
    ]


def test_what_the_project_asks_for_is_direct_beside_what_a_folder_of_it_asks_for():
    lock = """
[[package]]
name = "own"
version = "0.1"
[package.dependencies]
b = "*"
[package.source]
type = "directory"
url = "parts/own"

[[package]]
name = "a"
version = "1.0"
[package.dependencies]
c = "*"

[[package]]
name = "b"
version = "2.0"

[[package]]
name = "c"
version = "3.0"

[[package]]
name = "d"
version = "4.0"
"""
    project = b"""
[tool.poetry.dependencies]
a = "1"
own = {path = "parts/own"}
[tool.poetry.group.dev.dependencies]
d = "4"
"""
    found = python_lock.read(lock.encode(), {"pyproject.toml": [project]})
    assert [(each.name, each.relation.value, each.via, each.dev) for each in found] == [
        ("a", "direct", (), False),
        ("b", "direct", (), False),
        ("c", "transitive", ("a",), False),
        ("d", "direct", (), True),
    ]
