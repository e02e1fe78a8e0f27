"""The lock files hold everything that is needed, by hash, and say nothing about where it comes from."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conventions.checkout import ROOT, imported, name, sources

LATER = frozenset({"compression"})
"""Parts of Python that came after the oldest one that is supported."""
LOCKS = ("requirements.lock", "requirements-dev.lock")
NPM_LOCK = ROOT / "tests/stories/js/package-lock.json"
ENTRY = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,-]+\])?==(?P<version>\S+)(?P<rest>.*)$")


@cache
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def locked(lock):
    """Name -> (version, number of hashes) of every package in a lock file."""
    found = {}
    for block in (ROOT / lock).read_text().replace("\\\n", " ").splitlines():
        if match := ENTRY.match(block):
            found[canonicalize_name(match["name"])] = (
                match["version"],
                match["rest"].count("--hash=sha256:"),
            )
    return found


def runtime():
    return [Requirement(text) for text in project()["project"]["dependencies"]]


def groups():
    everything = project()["dependency-groups"].values()
    return [Requirement(item) for group in everything for item in group if isinstance(item, str)]


@pytest.mark.parametrize("lock", [*(ROOT / lock for lock in LOCKS), NPM_LOCK], ids=name)
def test_a_lock_names_no_address(lock):
    text = lock.read_text()
    assert "://" not in text
    assert "index-url" not in text
    assert "find-links" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock):
    assert locked(lock)
    assert not [package for package, (_, hashes) in locked(lock).items() if not hashes]


def test_every_npm_package_has_its_hash():
    packages = json.loads(NPM_LOCK.read_text())["packages"]
    assert not [path for path, entry in packages.items() if path and "integrity" not in entry]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("requirement", runtime(), ids=str)
def test_what_runs_is_locked_in_both(requirement, lock):
    version, _ = locked(lock)[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


@pytest.mark.parametrize("requirement", groups(), ids=str)
def test_what_tests_need_is_locked(requirement):
    version, _ = locked("requirements-dev.lock")[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


def test_tests_run_on_the_versions_that_are_shipped():
    shipped, tested = map(locked, LOCKS)
    assert {package: tested.get(package) for package in shipped} == shipped


def test_every_imported_package_is_declared():
    declared = {canonicalize_name(requirement.name) for requirement in runtime()}
    providers = packages_distributions()
    undeclared = set()
    for path in sources():
        for module in {module.partition(".")[0] for module in imported(path)}:
            if module == "keyhole" or module in sys.stdlib_module_names | LATER:
                continue
            owners = {canonicalize_name(owner) for owner in providers.get(module, [module])}
            if not owners & declared:
                undeclared.add(f"{name(path)} imports {module}")
    assert not undeclared, "\n".join(sorted(undeclared))
