"""npm's lock files, of both forms."""

from __future__ import annotations

import json

from keyhole.scanners.dependencies.formats import npm_lock
from tests.unit.scanners.dependencies.formats.named import named, told


def test_npm_of_the_newer_form():
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "app", "version": "1.0.0"},
            "node_modules/@scope/a": {"version": "1.2.3"},
            "node_modules/b": {"version": "2.0.0", "dev": True},
            "node_modules/b/node_modules/c": {"version": "3.0.0"},
            "node_modules/alias": {"name": "real", "version": "4.0.0"},
            "node_modules/linked": {"link": True, "resolved": "packages/linked"},
            "packages/linked": {"version": "0.0.1"},
        },
    }
    content = json.dumps(lock, indent=1).encode()
    assert named(npm_lock.read, content) == [
        ("npm", "@scope/a", "1.2.3"),
        ("npm", "b", "2.0.0"),
        ("npm", "c", "3.0.0"),
        ("npm", "real", "4.0.0"),
    ]
    found = {each.name: each for each in npm_lock.read(content)}
    assert found["b"].dev
    assert not found["c"].dev
    lines = content.decode().splitlines()
    assert all(each.name in lines[each.line - 1] for name, each in found.items() if name != "real")


def test_npm_of_the_older_form():
    lock = {
        "lockfileVersion": 1,
        "dependencies": {
            "a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}},
            "other": {"version": "npm:real@3.0.0"},
            "git": {"version": "git+ssh://example.org/x.git#abc"},
        },
    }
    assert named(npm_lock.read, json.dumps(lock)) == [
        ("npm", "a", "1.0.0"),
        ("npm", "b", "2.0.0"),
        ("npm", "real", "3.0.0"),
        ("npm", "git", ""),
    ]


def test_a_link_that_may_be_outside_is_told():
    links = {
        "node_modules/in": {"link": True, "resolved": "packages/in"},
        "node_modules/out": {"link": True, "resolved": "../out"},
        "../out": {"version": "1.0.0"},
    }
    (package,) = npm_lock.read(json.dumps({"packages": links}).encode())
    assert (package.name, package.version, package.folder) == ("out", "", "../out")


def test_a_folder_of_the_repository_is_no_package_of_the_first_version_either():
    lock = {
        "lockfileVersion": 1,
        "dependencies": {
            "own": {"version": "file:packages/own"},
            "out": {"version": "file:../out"},
            "packed": {"version": "file:vendor/packed-1.0.0.tgz"},
        },
    }
    found = npm_lock.read(json.dumps(lock).encode())
    assert [(each.name, each.version, each.folder) for each in found] == [
        ("out", "", "../out"),
        ("packed", "", ""),
    ]


def test_what_an_optional_package_also_asks_for_is_not_only_for_developing():
    entries = {
        "a": {"version": "1.0.0", "optional": True, "dependencies": {"c": "1"}, "requires": {"c": "1"}},
        "b": {"version": "1.0.0", "dev": True, "dependencies": {"c": "1"}, "requires": {"c": "1"}},
        "c": {"version": "1.0.0", "devOptional": True},
    }
    own = {"optionalDependencies": {"a": "1"}, "devDependencies": {"b": "1"}}
    expected = {"a 1.0.0": "direct", "b 1.0.0": "direct dev", "c 1.0.0": "transitive by a"}
    newer = {"packages": {"": own} | {f"node_modules/{name}": entry for name, entry in entries.items()}}
    assert told(npm_lock.read, newer) == expected
    for entry in entries.values():
        entry.pop("dependencies", None)
    older = {"dependencies": entries}
    assert told(npm_lock.read, older, **{"package.json": json.dumps(own)}) == expected


def test_one_that_names_its_packages_in_the_older_form_alone_is_read():
    lock = {"lockfileVersion": 2, "packages": {}, "dependencies": {"a": {"version": "1.0.0"}}}
    assert named(npm_lock.read, json.dumps(lock)) == [("npm", "a", "1.0.0")]
    assert named(npm_lock.read, '{"lockfileVersion": 3, "packages": {}}') == []
