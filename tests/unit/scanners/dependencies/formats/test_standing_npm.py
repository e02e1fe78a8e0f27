"""Which packages are direct and what pulls the others in: the tools of npm."""

from __future__ import annotations

import json

from keyhole.scanners.dependencies.formats import (
    bun_lock,
    npm_lock,
    pnpm_lock,
    yarn_lock,
)
from tests.unit.scanners.dependencies.formats.named import told


def test_npm_of_the_newer_form_says_all_of_it():
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"express": "^4"}, "devDependencies": {"jest": "^29", "linked": "*"}},
            "node_modules/express": {"version": "4.0.0", "dependencies": {"body-parser": "1", "qs": "6"}},
            "node_modules/body-parser": {"version": "1.0.0", "dependencies": {"qs": "5"}, "license": "MIT"},
            "node_modules/body-parser/node_modules/qs": {"version": "5.0.0"},
            "node_modules/qs": {"version": "6.0.0", "dependencies": {"express": "4"}},
            "node_modules/jest": {"version": "29.0.0", "dev": True, "optionalDependencies": {"deep": "1"}},
            "node_modules/deep": {"version": "1.0.0", "dev": True},
            "node_modules/linked": {"link": True, "resolved": "packages/linked"},
            "packages/linked": {"dependencies": {"only-there": "1"}},
            "packages/linked/node_modules/only-there": {"version": "1.0.0"},
            "node_modules/nobody-asks": {"version": "1.0.0", "extraneous": True},
        },
    }
    assert told(npm_lock.read, lock) == {
        "express 4.0.0": "direct",
        "body-parser 1.0.0": "transitive by express",
        "qs 5.0.0": "transitive by express > body-parser",
        "qs 6.0.0": "transitive by express",
        "jest 29.0.0": "direct dev",
        "deep 1.0.0": "transitive by jest dev",
        "only-there 1.0.0": "direct",
        "nobody-asks 1.0.0": "unknown",
    }
    assert {each.name: each.licences for each in npm_lock.read(json.dumps(lock).encode())}["body-parser"] == (
        "MIT",
    )


def test_npm_of_the_older_form_needs_the_manifest():
    lock = {
        "lockfileVersion": 1,
        "dependencies": {
            "a": {
                "version": "1.0.0",
                "requires": {"b": "1", "c": "1"},
                "dependencies": {"b": {"version": "2.0.0", "requires": {"c": "1"}}},
            },
            "b": {"version": "1.0.0", "dev": True},
            "c": {"version": "1.0.0"},
        },
    }
    manifest = json.dumps({"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}})
    assert told(npm_lock.read, lock, **{"package.json": manifest}) == {
        "a 1.0.0": "direct",
        "b 2.0.0": "transitive by a",
        "b 1.0.0": "direct dev",
        "c 1.0.0": "transitive by a",
    }
    assert told(npm_lock.read, lock)["c 1.0.0"] == "unknown by a"
    assert told(npm_lock.read, lock, **{"package.json": "{"})["a 1.0.0"] == "direct"


CLASSIC = """# yarn lockfile v1


"@scope/a@^1.0.0", "@scope/a@^1.1.0":
  version "1.2.3"
  dependencies:
    b "^2.0.0"

b@^2.0.0:
  version "2.0.1"
  optionalDependencies:
    "@scope/d" "*"

"@scope/d@*":
  version "4.0.0"

overridden@9:
  version "9.0.0"

tool@^3.0.0:
  version "3.0.0"
  dependencies:
    overridden "^1.0.0"
"""


def test_yarn_of_the_first_form():
    manifest = json.dumps({"dependencies": {"@scope/a": "^1.1.0"}, "devDependencies": {"tool": "^3.0.0"}})
    assert told(yarn_lock.read, CLASSIC, **{"package.json": manifest}) == {
        "@scope/a 1.2.3": "direct",
        "b 2.0.1": "transitive by @scope/a",
        "@scope/d 4.0.0": "transitive by @scope/a > b",
        "tool 3.0.0": "direct dev",
        "overridden 9.0.0": "transitive by tool dev",
    }
    assert told(yarn_lock.read, CLASSIC) == {
        "@scope/a 1.2.3": "direct",
        "b 2.0.1": "unknown by @scope/a",
        "@scope/d 4.0.0": "unknown by @scope/a > b",
        "tool 3.0.0": "direct",
        "overridden 9.0.0": "unknown by tool",
    }


def test_yarn_of_the_later_form():
    berry = """__metadata:
  version: 8

"a@npm:^1.0.0, a@npm:^1.0.1":
  version: 1.0.5
  resolution: "a@npm:1.0.5"
  dependencies:
    "@x/b": "npm:^2.0.0"

"@x/b@npm:^2.0.0":
  version: 2.0.0

"tool@npm:^3.0.0":
  version: 3.0.0

"app@workspace:.":
  version: 0.0.0-use.local
  dependencies:
    a: "npm:^1.0.1"
    tool: "npm:^3.0.0"
"""
    manifest = json.dumps({"dependencies": {"a": "^1.0.1"}, "devDependencies": {"tool": "^3.0.0"}})
    assert told(yarn_lock.read, berry, **{"package.json": manifest}) == {
        "a 1.0.5": "direct",
        "@x/b 2.0.0": "transitive by a",
        "tool 3.0.0": "direct dev",
    }
    assert told(yarn_lock.read, berry)["tool 3.0.0"] == "direct"


def test_pnpm_of_all_forms():
    nine = """lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      '@x/a':
        specifier: ^1
        version: 1.0.0(peer@2.0.0)
      short:
        specifier: npm:long@1
        version: long@1.0.0
    devDependencies:
      tool:
        specifier: ^3
        version: 3.0.0
packages:
  '@x/a@1.0.0':
    resolution: {integrity: x}
  long@1.0.0:
    resolution: {integrity: x}
  peer@2.0.0:
    resolution: {integrity: x}
  tool@3.0.0:
    resolution: {integrity: x}
snapshots:
  '@x/a@1.0.0(peer@2.0.0)':
    dependencies:
      peer: 2.0.0
  long@1.0.0: {}
  peer@2.0.0: {}
  tool@3.0.0:
    optionalDependencies:
      peer: 2.0.0
"""
    assert told(pnpm_lock.read, nine) == {
        "@x/a 1.0.0": "direct",
        "long 1.0.0": "direct",
        "peer 2.0.0": "transitive by @x/a",
        "tool 3.0.0": "direct dev",
    }
    six = """lockfileVersion: '6.0'
dependencies:
  a:
    specifier: ^1
    version: 1.0.0(peer@2.0.0)
packages:
  /a@1.0.0(peer@2.0.0):
    resolution: {integrity: x}
    dependencies:
      peer: 2.0.0
    dev: false
  /peer@2.0.0:
    resolution: {integrity: x}
    dev: false
"""
    assert told(pnpm_lock.read, six) == {"a 1.0.0": "direct", "peer 2.0.0": "transitive by a"}
    five = """lockfileVersion: 5.4
devDependencies:
  a: 1.0.0_peer@2.0.0
packages:
  /a/1.0.0_peer@2.0.0:
    resolution: {integrity: x}
    dependencies:
      peer: 2.0.0
    dev: true
  /peer/2.0.0:
    resolution: {integrity: x}
    dev: true
"""
    assert told(pnpm_lock.read, five) == {"a 1.0.0": "direct dev", "peer 2.0.0": "transitive by a dev"}


def test_bun():
    lock = {
        "lockfileVersion": 1,
        "workspaces": {
            "": {"name": "app", "dependencies": {"@x/a": "1"}},
            "packages/own": {"name": "own", "devDependencies": {"left": "1"}},
        },
        "packages": {
            "@x/a": ["@x/a@1.0.0", "", {"dependencies": {"left": "0.9"}}, "sha"],
            "@x/a/left": ["left@0.9.0", "", {}, "sha"],
            "left": ["left@1.0.1", "", {"optionalDependencies": {"deep": "1"}}, "sha"],
            "deep": ["deep@1.0.0", "", {}, "sha"],
            "own": ["own@workspace:packages/own"],
        },
    }
    assert told(bun_lock.read, lock) == {
        "@x/a 1.0.0": "direct",
        "left 0.9.0": "transitive by @x/a",
        "left 1.0.1": "direct dev",
        "deep 1.0.0": "transitive by left dev",
    }
