"""Each kind of file gives the packages that it names; junk of any kind gives Malformed and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.scanners.dependencies.documents import json_in, objects, toml_in
from keyhole.scanners.dependencies.formats import (
    actions,
    cargo_lock,
    composer_lock,
    gemfile_lock,
    go_mod,
    npm_lock,
    pipfile_lock,
    python_lock,
    reader_of,
    readers,
    requirements,
    yarn_lock,
)
from keyhole.scanners.dependencies.package import Lines, Malformed, text_of

MODULES = [
    actions,
    cargo_lock,
    composer_lock,
    gemfile_lock,
    go_mod,
    npm_lock,
    pipfile_lock,
    python_lock,
    requirements,
    yarn_lock,
]


def named(read, content):
    text = content if isinstance(content, bytes) else content.encode()
    return [(each.ecosystem, each.name, each.version) for each in read(text)]


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


def test_python_locks():
    text = """
[[package]]
name = "flask"
version = "2.0.1"
[[package]]
name = "own"
version = "0.1"
source = { editable = "." }
[[packages]]
name = "jinja2"
version = "3.0"
"""
    assert named(python_lock.read, text) == [("PyPI", "flask", "2.0.1"), ("PyPI", "jinja2", "3.0")]


def test_requirements():
    text = """
# a comment
flask==2.0.1  # pinned
Django[argon2] == 4.2 ; python_version > "3"
requests>=2,<3
six===1.0
two==1.0,!=1.1
wild==1.*
-r other.txt
--hash=sha256:abc
git+https://example.org/x.git
pkg @ https://example.org/p.whl
hashed==1.0 \\
    --hash=sha256:00
"""
    assert named(requirements.read, text) == [
        ("PyPI", "flask", "2.0.1"),
        ("PyPI", "Django", "4.2"),
        ("PyPI", "requests", ""),
        ("PyPI", "six", "1.0"),
        ("PyPI", "two", ""),
        ("PyPI", "wild", "1."),
        ("PyPI", "pkg", ""),
        ("PyPI", "hashed", "1.0"),
    ]


def test_pipfile():
    lock = {"default": {"a": {"version": "==1.0"}}, "develop": {"b": {"version": "==2.0"}, "c": {"git": "x"}}}
    assert named(pipfile_lock.read, json.dumps(lock)) == [
        ("PyPI", "a", "1.0"),
        ("PyPI", "b", "2.0"),
        ("PyPI", "c", ""),
    ]


def test_cargo():
    text = """
[[package]]
name = "own"
version = "0.1.0"
[[package]]
name = "serde"
version = "1.0.1"
source = "registry+https://github.com/rust-lang/crates.io-index"
"""
    assert named(cargo_lock.read, text) == [("crates.io", "serde", "1.0.1")]


def test_composer():
    lock = {
        "packages": [{"name": "a/b", "version": "v1.0"}],
        "packages-dev": [{"name": "c/d", "version": "2"}],
    }
    assert named(composer_lock.read, json.dumps(lock)) == [
        ("Packagist", "a/b", "v1.0"),
        ("Packagist", "c/d", "2"),
    ]


def test_go():
    text = """module example.org/tool

go 1.22

toolchain go1.22.5

require (
\texample.org/a v1.0.0
\texample.org/b v1.1.0 // indirect
)
require example.org/c v0.1.0
require example.org/own v0.0.0

replace example.org/b => example.org/fork v1.2.0
replace example.org/own => ./own
"""
    assert named(go_mod.read, text) == [
        ("Go", "stdlib", "1.22.5"),
        ("Go", "example.org/a", "v1.0.0"),
        ("Go", "example.org/fork", "v1.2.0"),
        ("Go", "example.org/c", "v0.1.0"),
    ]


def test_bundler():
    text = """GIT
  remote: https://example.org/x.git
  specs:
    forked (9.9)

GEM
  remote: https://rubygems.org/
  specs:
    rails (7.0.1)
      actionpack (= 7.0.1)
    nokogiri (1.13.0-x86_64-linux)

PLATFORMS
  ruby
"""
    assert named(gemfile_lock.read, text) == [
        ("RubyGems", "rails", "7.0.1"),
        ("RubyGems", "nokogiri", "1.13.0"),
    ]


def test_yarn_of_both_forms():
    classic = """# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@scope/a@^1.0.0", "@scope/a@^1.1.0":
  version "1.2.3"
  resolved "x"

b@^2.0.0:
  version "2.0.1"

"local@file:../local":
  version "0.0.0"
"""
    assert named(yarn_lock.read, classic) == [("npm", "@scope/a", "1.2.3"), ("npm", "b", "2.0.1")]
    berry = """__metadata:
  version: 8

"a@npm:^1.0.0":
  version: 1.0.5
  resolution: "a@npm:1.0.5"

"other@npm:real@^3":
  version: 3.0.1

"app@workspace:.":
  version: 0.0.0-use.local
"""
    assert named(yarn_lock.read, berry) == [("npm", "a", "1.0.5"), ("npm", "real", "3.0.1")]


def test_actions():
    text = """
jobs:
  a:
    steps:
      - uses: actions/checkout@v4
      - uses: "actions/cache@v3.0.1"
      - uses: tj-actions/changed-files@0123456789abcdef0123456789abcdef01234567 # v45.0.7
      - uses: ./local
      - uses: docker://alpine:3
      - name: x
        uses: owner/repo/path@v1.2.3
    uses: owner/flows/.github/workflows/x.yml@main
"""
    assert named(actions.read, text) == [
        ("GitHub Actions", "actions/checkout", ""),
        ("GitHub Actions", "actions/cache", "v3.0.1"),
        ("GitHub Actions", "tj-actions/changed-files", "v45.0.7"),
        ("GitHub Actions", "owner/repo", "v1.2.3"),
        ("GitHub Actions", "owner/flows", ""),
    ]


@pytest.mark.parametrize(
    ("path", "module"),
    [
        (b"package-lock.json", npm_lock),
        (b"deep/down/Cargo.lock", cargo_lock),
        (b"requirements-dev.txt", requirements),
        (b"a/dev-requirements.txt", requirements),
        (b".github/workflows/ci.yml", actions),
        (b"tools/action.yaml", actions),
        (b"pylock.prod.toml", python_lock),
    ],
)
def test_files_are_known_by_their_names(path, module):
    assert reader_of(path) is module.read


@pytest.mark.parametrize("path", [b"workflows/ci.yml", b"package.json", b"README.md", b"\xff\xfe", b""])
def test_other_files_are_not(path):
    assert reader_of(path) is None


JUNK = [
    b"",
    b"\xff\xfe\x00",
    b"{",
    b"[]",
    b"null",
    b'{"packages": []}',
    b'{"packages": {"node_modules/a": 1}}',
    b'{"dependencies": {"a": {"dependencies": {"b": 7}}}}',
    b'{"packages": [1]}',
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b'{"packages": {"node_modules/a": {"version": 1}}}',
    b"package = 1",
    b"[[package]]\nname = 1",
    b"a = " + b"[" * 100_000,
    b"x" * 1_000_000,
    b"\n" * 100_000,
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
@pytest.mark.parametrize("content", JUNK, ids=range(len(JUNK)))
def test_junk_is_malformed_or_has_no_packages(module, content):
    try:
        found = list(module.read(content))
    except Malformed:
        return
    assert all(isinstance(each.name, str) and isinstance(each.version, str) for each in found)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
@given(content=st.binary(max_size=200))
def test_any_bytes_do_no_harm(module, content):
    try:
        list(module.read(content))
    except Malformed:
        return


def test_every_module_is_found():
    assert set(readers().values()) == {module.read for module in MODULES}


def test_documents_that_are_none():
    for content, read in ((b"1", json_in), (b"x", toml_in), (b"\xff", text_of)):
        with pytest.raises(Malformed):
            read(content)
    with pytest.raises(Malformed):
        list(objects("text"))
    assert list(objects(None)) == []


def test_lines_go_on_from_where_they_were():
    lines = Lines(b"a\nb\na\nc\n")
    assert [lines.of("a"), lines.of("b"), lines.of("a"), lines.of("missing"), lines.of("c")] == [
        1,
        2,
        3,
        3,
        4,
    ]
