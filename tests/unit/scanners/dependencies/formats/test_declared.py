"""Manifests name what they ask for: at a version where they settle on one, and otherwise for a lock file to settle."""

from __future__ import annotations

import json

import pytest

from keyhole.scanners.dependencies.examiner import Packages
from keyhole.scanners.dependencies.formats import (
    cargo_toml,
    composer_json,
    package_json,
    pipfile,
    podfile_lock,
    pyproject_toml,
)
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.advisories import index_of, record
from tests.unit.scanners.dependencies.formats.named import sample, told


@pytest.mark.parametrize(
    ("module", "name", "own", "expected"),
    [
        (
            package_json,
            "package_json",
            "@own/app",
            {
                "local ": "direct",
                "express 4.17.1": "direct",
                "lodash ": "direct",
                "mocha 8.0.0": "direct dev",
            },
        ),
        (
            composer_json,
            "composer_json",
            "own/app",
            {
                "Monolog/monolog 2.0.0": "direct",
                "symfony/http-kernel ": "direct",
                "phpunit/phpunit 10.0.0": "direct dev",
            },
        ),
        (
            pyproject_toml,
            "pyproject_toml",
            "own",
            {
                "Flask 2.0.1": "direct",
                "requests ": "direct",
                "own ": "direct",
                "numpy ": "direct",
                "rich ": "direct",
                "pytest 8.0.0": "direct dev",
            },
        ),
        (
            pipfile,
            "pipfile",
            "",
            {"Flask 2.0.1": "direct", "requests ": "direct", "pytest 8.0.0": "direct dev"},
        ),
        (
            cargo_toml,
            "cargo_toml",
            "own",
            {"serde 1.0.100": "direct", "rand ": "direct", "criterion ": "direct dev"},
        ),
    ],
)
def test_what_each_asks_for(module, name, own, expected):
    content = sample(name)
    found = list(module.read(content))
    assert [each.name for each in found if each.own] == ([own] if own else [])
    assert {
        key: how for key, how in told(module.read, content.decode()).items() if how != "unknown"
    } == expected
    assert all(each.managed is not bool(each.version) for each in found)


@pytest.mark.parametrize("module", [package_json, composer_json, pyproject_toml, pipfile, cargo_toml])
def test_one_that_cannot_be_read(module):
    with pytest.raises(Malformed):
        list(module.read(b"\xff"))


def test_pods_are_named_though_nothing_is_known_of_them():
    assert told(podfile_lock.read, sample("podfile_lock").decode()) == {
        "Alamofire 5.8.0": "direct",
        "Firebase 10.0.0": "direct",
        "GoogleUtilities 7.11.0": "transitive by Firebase",
    }


def test_a_manifest_is_assessed_by_its_lock_file_and_not_at_all_without(tmp_path):
    scanner = Packages(index_of(tmp_path, record(name="tool", ecosystem="npm")))
    manifest = {"name": "@own/app", "dependencies": {"tool": "^1.0.0", "@own/part": "^1.0.0"}}
    part = (b"part/package.json", b'{"name": "@own/part"}')
    files = [(b"package.json", json.dumps(manifest).encode()), part]
    alone = scanner.assess(files)
    assert alone.gaps == ("1 package without one exact version was not assessed: tool",)
    lock = {"lockfileVersion": 3, "packages": {"": manifest, "node_modules/tool": {"version": "1.0.0"}}}
    together = scanner.assess([*files, (b"package-lock.json", json.dumps(lock).encode())])
    assert (len(together.issues), together.gaps) == (1, ())
    assert [(each.name, each.path) for each in together.libraries] == [("tool", "package-lock.json")]


def test_a_package_asked_for_at_one_version_is_assessed_without_a_lock_file(tmp_path):
    scanner = Packages(index_of(tmp_path, record(name="tool", ecosystem="npm")))
    found = scanner.assess([(b"package.json", b'{"dependencies": {"tool": "1.0.0"}}')])
    assert (len(found.issues), found.gaps) == (1, ())


def test_an_alias_is_settled_by_the_lock_file(tmp_path):
    scanner = Packages(index_of(tmp_path, record(name="tool", ecosystem="npm")))
    manifest = {"name": "app", "dependencies": {"x": "npm:tool@^1.0.0"}}
    lock = {
        "lockfileVersion": 3,
        "packages": {"": manifest, "node_modules/x": {"name": "tool", "version": "1.0.0"}},
    }
    files = [
        (b"package.json", json.dumps(manifest).encode()),
        (b"package-lock.json", json.dumps(lock).encode()),
    ]
    found = scanner.assess(files)
    assert (len(found.issues), found.gaps) == (1, ())


@pytest.mark.parametrize(
    ("module", "text", "name"),
    [
        (cargo_toml, b'[dependencies]\nforked = { git = "https://example.org/x" }\n', "forked"),
        (pipfile, b'[packages]\nforked = { git = "https://example.org/x", editable = true }\n', "forked"),
        (
            pyproject_toml,
            b'[tool.poetry.dependencies]\nforked = { git = "https://example.org/x" }\n',
            "forked",
        ),
    ],
)
def test_what_comes_from_git_is_for_a_lock_file_to_settle(module, text, name):
    (package,) = (each for each in module.read(text) if not each.own)
    assert (package.name, package.version, package.managed) == (name, "", True)


PYTHON = """
[project]
dependencies = ["flask==1.0"]
optional-dependencies = { old = ["django==1.6", "flask[async]"], new = ["django==5.0"] }
[dependency-groups]
low = ["celery==4.0"]
high = ["celery>=5"]
"""
CARGO = """
[dependencies]
time = "=1.6.0"
[build-dependencies]
time = "=1.7.0"
[target."cfg(unix)".dependencies]
time = { workspace = true }
"""


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (
            pyproject_toml.read,
            PYTHON,
            {
                "flask 1.0": "direct",
                "flask ": "direct",
                "django 1.6": "direct",
                "django 5.0": "direct",
                "celery 4.0": "direct dev",
                "celery ": "direct dev",
            },
        ),
        (cargo_toml.read, CARGO, {"time 1.6.0": "direct", "time 1.7.0": "direct"}),
    ],
)
def test_every_version_that_is_asked_for_is_told(read, text, expected):
    assert told(read, text) == expected


@pytest.mark.parametrize("how", ["file:../part", "portal:../part", "file:../part.tgz"])
def test_what_lies_beside_is_assessed_by_its_own_manifest_or_by_a_lock_file(tmp_path, how):
    scanner = Packages(index_of(tmp_path, record(name="tool", ecosystem="npm")))
    asking = (b"app/package.json", b'{"dependencies": {"part": "%b"}}' % how.encode())
    assert scanner.assess([asking]).gaps == ("1 package without one exact version was not assessed: part",)
    if how.endswith("part"):
        assert scanner.assess([asking, (b"part/package.json", b"{}")]).gaps == ()
    lock = b'{"packages": {"node_modules/part": {"version": "1.0.0", "resolved": "%b"}}}' % how.encode()
    assert scanner.assess([asking, (b"app/package-lock.json", lock)]).gaps == ()


INSTALLED = {
    "npm": (
        b"package.json",
        b'{"dependencies": {"tool": "^1.0.0"}}',
        b"node_modules/tool/package.json",
        b'{"name": "tool", "version": "1.0.0", "devDependencies": {"linter": "^1.0.0"}}',
    ),
    "Packagist": (
        b"composer.json",
        b'{"require": {"a/tool": "^1.0"}}',
        b"vendor/a/tool/composer.json",
        b'{"name": "a/tool", "require-dev": {"a/linter": "^1.0"}}',
    ),
    "crates.io": (
        b"Cargo.toml",
        b'[dependencies]\ntool = "1"\n',
        b"vendor/tool/Cargo.toml",
        b'[package]\nname = "tool"\n[dev-dependencies]\nlinter = "1"\n',
    ),
}


@pytest.mark.parametrize("ecosystem", INSTALLED)
def test_a_package_that_is_committed_as_it_was_installed_is_not_the_repositorys_own(tmp_path, ecosystem):
    path, manifest, inside, installed = INSTALLED[ecosystem]
    scanner = Packages(index_of(tmp_path, record(name="tool", ecosystem=ecosystem)))
    name = "a/tool" if ecosystem == "Packagist" else "tool"
    gap = f"1 package without one exact version was not assessed: {name}"
    assert scanner.assess([(path, manifest), (inside, installed)]).gaps == (gap,)


def test_what_an_installed_package_asks_for_is_not_what_the_repository_does(tmp_path):
    scanner = Packages(index_of(tmp_path, record(name="tool", ecosystem="npm")))
    installed = b'{"name": "x", "dependencies": {"tool": "1.0.0"}, "devDependencies": {"old": "1.0.0"}}'
    (found,) = scanner.assess([(b"node_modules/x/package.json", installed)]).libraries
    assert (found.name, found.version, found.relation) == ("tool", "1.0.0", "transitive")


UNSETTLED = {
    "git": (
        (b"pyproject.toml", b'[project]\ndependencies = ["tool @ git+https://example.org/tool@v1.0"]\n'),
        (
            b"uv.lock",
            b'[[package]]\nname = "tool"\nversion = "1.0"\nsource = { git = "https://example.org/tool" }\n',
        ),
    ),
    "address": (
        (b"pyproject.toml", b'[project]\ndependencies = ["tool @ https://example.org/tool-1.0.tar.gz"]\n'),
        (b"requirements.txt", b"tool==1.0\n"),
    ),
    "stability": (
        (b"composer.json", b'{"require": {"a/tool": "@dev"}}'),
        (b"composer.lock", b'{"packages": [{"name": "a/tool", "version": "1.0.0"}]}'),
    ),
    "catalog": (
        (b"package.json", b'{"dependencies": {"tool": "catalog:"}}'),
        (b"package-lock.json", b'{"packages": {"node_modules/tool": {"version": "1.0.0"}}}'),
    ),
}


@pytest.mark.parametrize("how", UNSETTLED)
def test_what_names_no_version_is_not_assessed_without_a_lock_file(tmp_path, how):
    manifest, lock = UNSETTLED[how]
    known = [record(f"GHSA-{each}", name="other", ecosystem=each) for each in ("PyPI", "Packagist", "npm")]
    scanner = Packages(index_of(tmp_path, *known))
    (gap,) = scanner.assess([manifest]).gaps
    assert gap.startswith("1 package without one exact version was not assessed: ")
    assert scanner.assess([manifest, lock]).gaps == ()


def test_a_requirement_of_a_folder_of_the_repository_is_its_own(tmp_path):
    scanner = Packages(index_of(tmp_path, record()))
    asking = (b"app/pyproject.toml", b'[project]\ndependencies = ["part @ file:../part"]\n')
    assert len(scanner.assess([asking]).gaps) == 1
    assert scanner.assess([asking, (b"part/setup.py", b"setup()")]).gaps == ()
