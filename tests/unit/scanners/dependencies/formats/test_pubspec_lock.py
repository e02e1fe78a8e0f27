"""Dart's lock file."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import pubspec_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_packages_of_a_server():
    content = sample("pubspec_lock")
    assert named(pubspec_lock.read, content) == [
        ("Pub", "args", "2.4.2"),
        ("Pub", "forked", ""),
        ("Pub", "test", "1.24.0+1"),
    ]
    assert [each.name for each in pubspec_lock.read(content) if each.dev] == ["test"]


@pytest.mark.parametrize("content", [b"sdks:\n  dart: any\n", b"packages: {args: {version: 1.0.0}}\n"])
def test_packages_in_another_layout_are_not_passed_over(content):
    with pytest.raises(Malformed):
        list(pubspec_lock.read(content))


def test_a_folder_that_may_be_outside_is_told():
    text = 'packages:\n  a:\n    description:\n      path: "{}"\n    source: path\n    version: "1.0.0"\n'
    assert named(pubspec_lock.read, text.format("parts/a")) == []
    (package,) = pubspec_lock.read(text.format("../a").encode())
    assert (package.name, package.version, package.folder) == ("a", "", "../a")
