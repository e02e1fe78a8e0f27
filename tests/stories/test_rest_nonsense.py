"""Nonsense for every operation that is carried out: parameters, queries, headers, bodies from a drawer of odd values.

Seeded, so that what is red once stays red. No answer may be a server error, whatever is asked; every request is on
record; and a token that may only read leaves the repository exactly as it was.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from urllib.parse import quote

import pytest

from keyhole.audit.models import Entry
from keyhole.core.errors import MalformedRequest
from keyhole.core.permissions import vocabulary
from keyhole.gateway.rest.registry import registered
from tests.unit.gateway.rest.worlds import database, shared_world, template

__all__ = ["database", "shared_world", "template"]

_ROUNDS = 12
_TEXTS = [
    "main",
    "v1",
    "HEAD",
    "heads/main",
    "refs/heads/main",
    "feature/one",
    "README.md",
    "src",
    "link",
    "outside",
    "",
    "0",
    "1",
    "-1",
    "-x",
    "--all",
    "@",
    "@{0}",
    "main^",
    "main~1",
    "a..b",
    "main...v1",
    "octo:main...v1",
    "octo:hello:main...octo:secret:v1",
    "*",
    "?",
    "[a",
    ":/x",
    ":(top)src",
    "a b",
    "\u00e9",
    "\u202e",
    "\U0001f600",
    "x" * 300,
    "0" * 40,
    "f" * 40,
    "f" * 64,
    "1e5",
    "null",
    "true",
    ".git",
    ".github/workflows/x.yml",
    "a.lock",
    "refs/heads/x",
    "refs/tags/x",
    "refs/pull/1/head",
    "100644",
    "040000",
    "blob",
    "commit",
    "tree",
    "base64",
    "eA==",
    "=",
    "2024-01-01T00:00:00Z",
    "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00",
    "success",
    "T\u00f6st <x>",
]
_ODD = [
    None,
    True,
    False,
    0,
    -1,
    2**63,
    1.5,
    [],
    {},
    [[]],
    [{}],
    [None],
    {"name": 1},
    {"name": "n", "email": "e"},
    {"name": "n", "email": "e\n>", "date": "never"},
    [{"path": "x", "mode": "100644", "content": "y"}],
    [{"path": "../x", "mode": "120000", "sha": None}],
    [{"path": "d", "mode": "040000", "type": "tree", "sha": "0" * 40}],
]
_FIELDS = [
    "message",
    "content",
    "sha",
    "branch",
    "author",
    "committer",
    "ref",
    "force",
    "encoding",
    "tree",
    "base_tree",
    "parents",
    "tag",
    "object",
    "type",
    "tagger",
    "state",
    "context",
    "description",
    "target_url",
    "signature",
]
_QUERY = [
    "ref",
    "sha",
    "path",
    "per_page",
    "page",
    "since",
    "until",
    "author",
    "committer",
    "recursive",
    "sort",
    "type",
    "visibility",
    "affiliation",
    "direction",
    "download",
    "protected",
]
_ACCEPT = [
    "",
    "application/json",
    "application/vnd.github.raw",
    "application/vnd.github.diff",
    "application/vnd.github.patch",
    "application/vnd.github.object+json",
    "application/vnd.github.html",
    "text/html",
    "\u00ff",
    ";,;,",
]


class Drawer:
    """Draws requests."""

    def __init__(self, seed: int, known: list[str]) -> None:
        self._random = random.Random(seed)
        self._texts = _TEXTS + known * 4

    def path(self, template: str) -> str:
        fixed = {"owner": "octo", "repo": "hello", "org": "octo"}
        path = re.sub(
            r"\{(\w+)\}", lambda name: fixed.get(name[1]) or quote(self.text() or "x", safe="/"), template
        )
        pairs = [f"{name}={quote(self.text(), safe='')}" for name in self._random.sample(_QUERY, 3)]
        return path + "?" + "&".join(pairs) if self._random.random() < 0.7 else path

    def text(self) -> str:
        return self._random.choice(self._texts)

    def body(self) -> bytes:
        kind = self._random.random()
        if kind < 0.05:
            return self._random.randbytes(30)
        fields = {
            name: self.text() if self._random.random() < 0.7 else self._random.choice(_ODD)
            for name in self._random.sample(_FIELDS, self._random.randint(0, 9))
        }
        if self._random.random() < 0.5:
            fields |= {
                "message": "m",
                "content": "eA==",
                "state": "success",
                "context": "ci",
                "encoding": "utf-8",
            }
        if self._random.random() < 0.3:
            fields = {name: fields[name] for name in fields if name in ("message", "content", "state")}
        return json.dumps(fields).encode()

    def accept(self) -> str:
        return self._random.choice(_ACCEPT)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("level", ["read", "write"])
def test_no_nonsense_is_a_server_error_or_goes_unrecorded(shared_world, seed, level):
    world, git = shared_world, shared_world.scratch["octo/hello"]

    def state() -> str:
        asked = (("for-each-ref",), ("count-objects", "-v"))
        return "".join(git.git("--git-dir", str(git.bare), *what) for what in asked)

    known = git.git(
        "--git-dir", str(git.bare), "rev-list", "--objects", "--no-object-names", "--all"
    ).split()[:20]
    token = world.token("octo", "hello", contents=level, statuses=level)
    drawer, before, entries, seen = Drawer(seed, known), state(), Entry.objects.count(), Counter()
    for operation in [
        operation for operation in vocabulary().operations if operation.id in registered()
    ] * _ROUNDS:
        path = drawer.path(operation.path)
        body = drawer.body() if operation.method != "GET" else None
        try:
            answer = world.ask(token, operation.method, path, body, Accept=drawer.accept())
        except MalformedRequest:  # refused by the door, before there is anything to record
            continue
        seen[answer.status] += 1
        assert answer.status < 500, (operation.method, path, body, answer.raw)
        assert b"octo/secret" not in answer.raw
        assert b"root:" not in answer.raw
    assert Entry.objects.count() - entries == sum(seen.values())
    assert seen[200] > 20
    if level == "read":
        assert state() == before
        assert not seen[201]
    else:
        assert seen[201] > 3
    assert git.git("--git-dir", str(git.bare), "fsck", "--strict", "--no-dangling") == ""
