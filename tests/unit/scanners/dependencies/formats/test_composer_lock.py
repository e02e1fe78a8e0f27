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
