"""Pipenv's lock file."""

from __future__ import annotations

import json

from keyhole.scanners.dependencies.formats import pipfile_lock
from tests.unit.scanners.dependencies.formats.named import named


def test_pipfile():
    lock = {"default": {"a": {"version": "==1.0"}}, "develop": {"b": {"version": "==2.0"}, "c": {"git": "x"}}}
    assert named(pipfile_lock.read, json.dumps(lock)) == [
        ("PyPI", "a", "1.0"),
        ("PyPI", "b", "2.0"),
        ("PyPI", "c", ""),
    ]


def test_lines_of_both_groups():
    text = b'{\n "default": {\n  "a": {},\n  "b": {}\n },\n "develop": {\n  "b": {}\n }\n}'
    assert [each.line for each in pipfile_lock.read(text)] == [3, 4, 7]
