"""Repositories whose object ids are SHA-256: scanned whole, with the right commits and paths, and scanned again."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from keyhole.core.secret import Secret
from keyhole.core.terms import Status
from keyhole.scanners import child
from keyhole.scanners.secrets.shapes import make
from tests import canaries


class Work:
    """A working copy, and in it a secret that was deleted and one that only a merge has."""

    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", "--object-format=sha256")
        self.tokens = [
            canaries.watch("a secret of a repository", make("ghp_<alnum:30><crc32>", seed))
            for seed in range(3)
        ]
        self.deleted = self.commit({"old/deploy.env": self.tokens[0], "a.txt": "a"})
        self.git("checkout", "-q", "-b", "side")
        self.commit({"b.txt": "b"})
        self.git("checkout", "-q", "main")
        self.git("rm", "-q", "old/deploy.env")
        self.commit({"c.txt": "c"})
        self.git("merge", "-q", "--no-commit", "side")
        self.merge = self.commit({"merged.txt": self.tokens[1]})
        self.git("tag", "-a", "-m", "one", "v1")

    def git(self, *args):
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", "A"), ("EMAIL", "a@example.invalid"))}  # fmt: skip
        done = subprocess.run(["git", "-C", str(self.path), *args], env={**os.environ, **who}, check=True,
                              capture_output=True, text=True)  # fmt: skip
        return done.stdout.strip()

    def commit(self, files):
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "work")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def work(tmp_path):
    return Work(tmp_path / "planted" / "harbour" / "tide")


@pytest.fixture
def kept(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def places(result):
    """Where each finding is, after all was read."""
    assert result.status is Status.COMPLETE, result.reasons
    return {(place.path, place.commit) for each in result.findings for place in each.locations}


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_all_of_history_is_read_and_what_is_new_found(work, kept, packed):
    def scan(**more):
        return child.run(work.path / ".git", hmac_secret=Secret("story"), kept=kept, **more)

    before = {("old/deploy.env", work.deleted), ("merged.txt", work.merge)}
    if packed:
        work.git("repack", "-a", "-d", "-q")
    first = scan(scanners=("secrets", "dependencies"))
    assert first.objects == 5 + 4 + 1, "files, commits, a tag"
    assert places(first) == before
    assert places(scan()) == before
    assert places(scan()) == before, "and once more, where nothing has changed"
    new = work.commit({"deep/er/new.txt": work.tokens[2]})
    assert places(scan()) == {*before, ("deep/er/new.txt", new)}
    assert places(scan(tips=[work.deleted])) == {("old/deploy.env", work.deleted)}
    assert {path for path, _ in places(scan(head=True))} == {"merged.txt", "deep/er/new.txt"}


def test_a_server_keeps_such_scans(work, fresh_keyhole):
    def keyhole(*args):
        return subprocess.run([sys.executable, "-m", "keyhole.cli", *args], env=fresh_keyhole.environment,
                              capture_output=True, text=True, timeout=60, check=False)  # fmt: skip

    connected = keyhole("repo", "connect", str(work.path.parent.parent))
    assert connected.returncode == 0, connected.stderr
    for new in (0, 1):
        if new:
            work.commit({"new.txt": work.tokens[2]})
        done = keyhole("scan", "harbour/tide", "--json")
        assert done.returncode == 1, done.stderr
        said = json.loads(done.stdout)
        assert (said["status"], len(said["findings"])) == ("complete", 2 + new)
        assert said["commit"] == work.git("rev-parse", "HEAD")
