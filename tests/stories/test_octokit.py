"""@octokit/rest, unchanged, against Keyhole: see js/tour.mjs for what it does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

_TOUR = Path(__file__).with_name("js") / "tour.mjs"


@pytest.fixture(scope="module")
def seen(keyhole_server, node):
    """What the tour saw."""
    keyhole_server.make_repo("octotour/app", {"README.md": "# app\n", "src/a b.txt": "spaces\n"})
    keyhole_server.make_repo("octotour/other", {"README.md": "second\n"})
    keyhole_server.make_repo("octotour/secret", {"README.md": "nobody sees this\n"})
    token = keyhole_server.token(
        "octotour/app", "octotour/other", contents="write", statuses="write", issues="write"
    )
    asked = {
        "url": keyhole_server.url,
        "token": token.text,
        "owner": "octotour",
        "repo": "app",
        "hidden": "secret",
    }
    done = subprocess.run(
        [node, str(_TOUR)],
        input=json.dumps(asked),
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=_TOUR.parent,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("login", "admin"),
        ("repositories", ["octotour/app", "octotour/other"]),
        ("repository", "octotour/app"),
        ("byId", "octotour/app"),
        ("top", ["README.md", "src"]),
        ("raw", "spaces\n"),
        ("created", "deep/new.txt"),
        ("commits", ["add", "first"]),
        ("branch", "refs/heads/topic/one"),
        ("branchWithSlash", "topic/one"),
        ("matching", ["refs/heads/topic/one"]),
        ("compared", "identical"),
        ("tree", ["README.md", "deep", "deep/new.txt", "src", "src/a b.txt"]),
        ("removed", 204),
        ("status", "success"),
        ("archive", {"status": 200, "gzip": "1f8b"}),
        ("defaultArchive", 200),
    ],
)
def test_what_is_permitted_works(seen, step, expected):
    assert seen[step] == expected


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("etag", 304),
        ("hidden", 404),
        ("hiddenFile", 404),
        ("workflow", 403),
        ("issue", 501),
        ("pulls", 403),
    ],
)
def test_what_is_not_says_so_with_its_status(seen, step, status):
    assert seen[step]["status"] == status
