"""Which folders a lock file lists, and that hostile ones take no time."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import reader_of
from keyhole.scanners.dependencies.listed import listed, stands_for

LISTING = {
    "package-lock.json": (
        b'{"packages": {"": {}, "packages/a": {}, "packages/a/node_modules/x": {}, "node_modules/y": {}}}',
        {"packages/a"},
    ),
    "npm-shrinkwrap.json": (
        b'{"dependencies": {"b": {"version": "file:../b"}, "c": {"version": "1.0.0"}}}',
        {"../b"},
    ),
    "pnpm-lock.yaml": (
        b"""\
lockfileVersion: '9.0'
importers:

  .:
    dependencies:
      x:
        version: 1.0.0
  packages/a: {}
  'packages/@s/b':
    dependencies: {}
packages:

  c@file:vendor/c:
    resolution: {directory: vendor/c, type: directory}
""",
        {".", "packages/a", "packages/@s/b", "vendor/c"},
    ),
    "yarn.lock": (
        b'__metadata:\n\n"a@workspace:*, a@workspace:packages/a":\n"b@portal:../b::locator=x":\n',
        {"packages/a", "../b"},
    ),
    "bun.lock": (b'{"workspaces": {"": {}, "packages/a": {},}, "packages": {}}', {"", "packages/a"}),
    "uv.lock": (b'[[package]]\nname = "a"\nsource = { editable = "packages/a" }\n', {"packages/a"}),
    "poetry.lock": (b'[package.source]\ntype = "directory"\nurl = "../lib"\n', {"../lib"}),
    "pdm.lock": (b'[[package]]\npath = "./lib"\n', {"./lib"}),
    "Pipfile.lock": (b'{"default": {"a": {"path": "./lib"}}}', {"./lib"}),
    "requirements.txt": (b"-e ./a[x]\n../b # why\nc @ file:./c\n-e .\nd==1.0\n", {"./a", "../b", "./c", "."}),
    "Gemfile.lock": (b"PATH\n  remote: engines/a\n  specs:\n    a (0)\n", {"engines/a"}),
    "composer.lock": (b'{"packages": [{"dist": {"type": "path", "url": "packages\\/a"}}]}', {"packages/a"}),
    "pubspec.lock": (b'packages:\n  a:\n    description:\n      path: "../a"\n', {"../a"}),
}


def of(name, content, **around):
    return listed(reader_of(name.encode()), content, around.get("around", {}).get)


@pytest.mark.parametrize("name", LISTING)
def test_it_lists_what_its_tool_writes_down(name):
    content, folders = LISTING[name]
    assert of(name, content) == folders


@pytest.mark.parametrize(
    ("lock", "manifest", "content", "globs"),
    [
        ("yarn.lock", "package.json", b'{"workspaces": ["packages/*", "x"]}', {"packages/*", "x"}),
        ("yarn.lock", "package.json", b'{"workspaces": {"packages": ["apps/**"]}}', {"apps/**"}),
        ("mix.lock", "mix.exs", b'[apps_path: "apps"]', {"apps/*"}),
        (
            "pubspec.lock",
            "pubspec.yaml",
            b"name: x\nworkspace:\n  - a\n  # why\n  - 'b'\ndev: 1\n",
            {"a", "b"},
        ),
    ],
)
def test_where_the_lock_file_does_not_the_manifest_beside_it_does(lock, manifest, content, globs):
    assert of(lock, b"# yarn lockfile v1\n", around={manifest: content}) == globs
    assert of(lock, b"# yarn lockfile v1\n") == set()


@pytest.mark.parametrize("name", LISTING)
@pytest.mark.parametrize("content", [b"\xff", b"{", b"[]", b'{"packages": 1}', b'{"dependencies": {"a": 1}}'])
def test_what_cannot_be_read_lists_nothing(name, content):
    assert of(name, content) == set()


def test_other_formats_list_nothing():
    assert of("go.mod", b"module x\n") == set()
    assert reader_of(b"go.mod") is not None


@pytest.mark.parametrize(
    ("glob", "folder", "expected"),
    [
        ("packages/*", "packages/a", True),
        ("packages/*", "packages/a/b", False),
        ("packages/*", "packages", False),
        ("packages/**", "packages/a/b", True),
        ("**/x", "a/b/x", True),
        ("p-*/x", "p-1/x", True),
        ("p-*/x", "q-1/x", False),
        ("**/" * 40 + "y", "x/" * 40 + "x", False),
        ("*/" * 60 + "x", "x/" * 60 + "x", False),
    ],
)
def test_patterns_of_folders(glob, folder, expected):
    assert stands_for(glob, folder) is expected


@pytest.mark.parametrize("name", LISTING)
@pytest.mark.parametrize(
    "piece", [b"-e ", b"a\n", b"  ", b"  'a", b"@workspace:", b'path = "', b"  file:", b"a@\n"]
)
def test_whatever_is_in_it_is_looked_through_in_no_time(name, piece):
    of(name, b"importers:\n" + piece * 20_000)
