"""Python's lock files in TOML."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import python_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, told


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


def _locked(name, told=""):
    return f"""
[[package]]
name = "{name}"
version = "1.0"
source = {{ registry = "https://index.example.org/simple" }}
{told}
"""


EXTRAS = (
    _locked("coverage", '[package.optional-dependencies]\ntoml = [{ name = "tomli" }]')
    + _locked("httptools")
    + _locked("tomli")
    + _locked(
        "uvicorn",
        '[package.optional-dependencies]\nstandard = [{ name = "httptools" }]\nrest = [{ name = "h11" }]',
    )
    + _locked("h11")
)
BY_EXTRAS = {
    "coverage 1.0": "direct dev",
    "httptools 1.0": "transitive by uvicorn",
    "tomli 1.0": "transitive by coverage dev",
    "uvicorn 1.0": "direct",
    "h11 1.0": "transitive by uvicorn dev",
}


def test_what_an_extra_asks_for_comes_in_by_who_asks_for_that_extra():
    own = """
[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
dependencies = [{ name = "uvicorn", extra = ["standard"] }]
[package.dev-dependencies]
dev = [{ name = "coverage", extra = ["toml"] }, { name = "uvicorn", extra = ["rest"] }]
"""
    assert told(python_lock.read, own + EXTRAS) == BY_EXTRAS


def test_an_extra_that_nobody_is_said_to_ask_for_comes_in_with_its_package():
    project = (
        '[project]\ndependencies = ["uvicorn[standard]"]\n[dependency-groups]\ndev = ["coverage[toml]"]\n'
    )
    found = told(python_lock.read, EXTRAS, **{"pyproject.toml": project})
    assert found == BY_EXTRAS | {"h11 1.0": "transitive by uvicorn"}


@pytest.mark.parametrize(
    "root",
    [
        'requirements = [{ name = "coverage", extras = ["toml"] }]',
        '[manifest.dependency-groups]\ndev = [{ name = "coverage", extras = ["toml"] }]',
    ],
)
@pytest.mark.parametrize(
    "beside", [{}, {"pyproject.toml": '[dependency-groups]\ndev = ["coverage[toml]"]\n'}]
)
def test_a_root_without_a_project_asks_for_what_is_for_developing(root, beside):
    member = """
[[package]]
name = "app"
version = "0.1"
source = { editable = "packages/app" }
dependencies = [{ name = "uvicorn", extra = ["standard"] }, { name = "uvicorn", extra = ["rest"] }]
"""
    manifest = f"[manifest]\nmembers = []\n{root}\n"
    found = told(python_lock.read, manifest + member + EXTRAS, **beside)
    assert found == BY_EXTRAS | {"h11 1.0": "transitive by uvicorn"}
    alone = told(python_lock.read, manifest + EXTRAS, **beside)
    assert alone["coverage 1.0"] == "direct dev"
    assert alone["tomli 1.0"] == "transitive by coverage dev"
