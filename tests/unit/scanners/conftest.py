"""Repositories made to measure, below a `planted` folder because secrets in them are the point."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from keyhole.core.secret import Secret
from keyhole.core.terms import Status
from keyhole.scanners import child
from keyhole.scanners.secrets.shapes import make
from tests import canaries


def git(folder, *args, stdin=b""):
    return subprocess.run(
        ["git", "-C", str(folder), *args], input=stdin, capture_output=True, check=True
    ).stdout


class History:
    """A bare repository that is written commit by commit, with any bytes for names and contents."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        git(path, "init", "-q", "--bare", "-b", "main")
        self._clock = 1_700_000_000

    def commit(self, files=None, *, branch="main", message="work", parents=None, delete=(), modes=None):
        """One commit on a branch; returns its id. `parents` replaces the tip of the branch as its parent."""
        self._clock += 60
        text = message.encode()
        lines = [b"commit refs/heads/%s\n" % branch.encode()]
        for role in (b"author", b"committer"):
            lines += [b"%s A <a@example.invalid> %d +0000\n" % (role, self._clock)]
        lines.append(b"data %d\n%s\n" % (len(text), text))
        if parents is None:
            parents = [self.tip(branch)] if self.tip(branch) else []
        for word, parent in zip([b"from"] + [b"merge"] * 20, parents, strict=False):
            lines.append(b"%s %s\n" % (word, parent.encode()))
        lines += [b"D %s\n" % quoted(name) for name in delete]
        for name, content in (files or {}).items():
            mode = (modes or {}).get(name, "100644").encode()
            lines.append(b"M %s inline %s\ndata %d\n%s\n" % (mode, quoted(name), len(content), content))
        git(self.path, "fast-import", "--quiet", "--force", stdin=b"".join(lines))
        return self.tip(branch)

    def tip(self, branch="main"):
        done = subprocess.run(
            ["git", "-C", str(self.path), "rev-parse", "-q", "--verify", f"refs/heads/{branch}"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()

    def git(self, *args, stdin=b""):
        return git(self.path, *args, stdin=stdin).decode("utf-8", "replace").strip()


def only(result):
    assert result.status is Status.COMPLETE, result.reasons
    assert len(result.findings) == 1, [finding.rule for finding in result.findings]
    return result.findings[0]


def quoted(name):
    raw = name if isinstance(name, bytes) else name.encode()
    return b'"' + b"".join(b"\\%03o" % byte for byte in raw) + b'"'


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "planted" / "repository.git")


@pytest.fixture
def token():
    """A GitHub token with a right checksum, watched: it must be found nowhere but in the repository."""
    return canaries.watch(
        "a GitHub token", make("ghp_<alnum:30><crc32>", int.from_bytes(os.urandom(6)))
    ).encode()


@pytest.fixture
def scan():
    def run(history_or_path, **options):
        path = getattr(history_or_path, "path", history_or_path)
        return child.run(path, hmac_secret=Secret("of the tests"), **options)

    return run
