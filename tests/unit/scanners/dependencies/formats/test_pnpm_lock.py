"""pnpm's lock files, from version 5 to 9."""

from __future__ import annotations

import pytest

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.formats import pnpm_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_version_5():
    content = sample("pnpm_lock.v5")
    assert named(pnpm_lock.read, content) == [
        ("npm", "@babel/core", "7.1.0"),
        ("npm", "react-dom", "16.0.0"),
        ("npm", "react", "16.0.0-rc.1"),
        ("npm", "typescript", "4.0.2"),
        ("npm", "lodash", "4.17.20"),
        ("npm", "repo", ""),
    ]
    assert [each.name for each in pnpm_lock.read(content) if each.dev] == ["typescript"]


def test_version_6():
    content = sample("pnpm_lock.v6")
    assert named(pnpm_lock.read, content) == [
        ("npm", "@babel/core", "7.1.0"),
        ("npm", "react-dom", "16.0.0"),
        ("npm", "typescript", "4.0.2"),
        ("npm", "ts-node", "10.9.1"),
        ("npm", "repo", ""),
    ]
    assert [each.name for each in pnpm_lock.read(content) if each.dev] == ["typescript", "ts-node"]


def test_version_9_names_each_package_once():
    assert named(pnpm_lock.read, sample("pnpm_lock.v9")) == [
        ("npm", "@babel/core", "7.1.0"),
        ("npm", "is-odd", "3.0.1"),
        ("npm", "remote", ""),
    ]


@pytest.mark.parametrize(
    "content", [b"packages:\n  a@1.0.0:\n", b"lockfileVersion: 9\npackages: {a@1.0.0: {}}\n"]
)
def test_packages_in_another_layout_are_not_passed_over(content):
    with pytest.raises(Malformed):
        list(pnpm_lock.read(content))


def test_a_repository_without_packages_has_none():
    assert named(pnpm_lock.read, "lockfileVersion: '9.0'\n\npackages: {}\n") == []


@pytest.mark.parametrize("version", ["6.0", "9.0"])
def test_what_is_packed_in_the_repository_is_somebody_elses_and_a_folder_is_not(version):
    key, name = (
        ("file:vendor/a-1.2.3.tgz", "    name: a\n")
        if version == "6.0"
        else ("a@file:vendor/a-1.2.3.tgz", "")
    )
    lock = f"""lockfileVersion: '{version}'

importers:

  .:
    dependencies:
      a:
        specifier: file:vendor/a-1.2.3.tgz
        version: file:vendor/a-1.2.3.tgz

packages:

  {key}:
    resolution: {{integrity: x, tarball: file:vendor/a-1.2.3.tgz}}
{name}    version: 1.2.3

  b@file:packages/b:
    resolution: {{directory: packages/b, type: directory}}
    version: 1.0.0

  c@https://codeload.github.com/c/c/tar.gz/1:
    resolution: {{tarball: https://codeload.github.com/c/c/tar.gz/1}}
    version: 1.0.0
"""
    (packed, other) = pnpm_lock.read(lock.encode())
    assert (packed.name, packed.version, packed.relation) == ("a", "1.2.3", Relation.DIRECT)
    assert other.version == ""
