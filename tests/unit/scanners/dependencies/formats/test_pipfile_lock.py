"""Pipenv's lock file."""

from __future__ import annotations

import json

from keyhole.scanners.dependencies.formats import pipfile_lock
from keyhole.scanners.dependencies.manifests import pipfile_wanted
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


def test_every_group_is_read():
    lock = {"_meta": {"sources": []}, "default": {"a": {"version": "==1"}}, "docs": {"b": {"version": "==2"}}}
    pipfile = b"[packages]\na = '*'\n[docs]\nb = '*'\n[scripts]\nc = 'x'\n[requires]\npython_version = '3'\n"
    found = list(pipfile_lock.read(json.dumps(lock).encode(), {"Pipfile": [pipfile]}))
    assert [(each.name, each.version, each.dev, each.relation.value) for each in found] == [
        ("a", "1", False, "direct"),
        ("b", "2", True, "direct"),
    ]
    wanted = pipfile_wanted({"Pipfile": [pipfile]})
    assert (set(wanted.direct), set(wanted.developing)) == ({"a"}, {"b"})


def test_a_folder_of_the_repository_is_no_package():
    places = {"e1839a8": ".", "own": "./parts/own", "out": "../out", "packed": "./vendor/packed-1.0.tar.gz"}
    lock = {"default": {name: {"path": place, "editable": True} for name, place in places.items()}}
    found = pipfile_lock.read(json.dumps(lock).encode())
    assert [(each.name, each.version, each.folder) for each in found] == [
        ("out", "", "../out"),
        ("packed", "", ""),
    ]
