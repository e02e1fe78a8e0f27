"""Composer's lock file."""

from __future__ import annotations

import json

from keyhole.scanners.dependencies.formats import composer_lock
from tests.unit.scanners.dependencies.formats.named import named


def test_composer():
    lock = {
        "packages": [{"name": "a/b", "version": "v1.0"}],
        "packages-dev": [{"name": "c/d", "version": "2"}],
    }
    assert named(composer_lock.read, json.dumps(lock)) == [
        ("Packagist", "a/b", "v1.0"),
        ("Packagist", "c/d", "2"),
    ]


def test_a_package_of_a_folder_has_no_version_that_could_be_compared():
    paths = [
        {"name": "me/own", "version": "1.0", "dist": {"type": "path", "url": "packages/own"}},
        {"name": "a/b", "version": "1.0", "dist": {"type": "zip", "url": "https://example.org/b.zip"}},
    ]
    found = composer_lock.read(json.dumps({"packages": paths}).encode())
    assert [(each.name, each.version, each.folder) for each in found] == [
        ("me/own", "", "packages/own"),
        ("a/b", "1.0", ""),
    ]
