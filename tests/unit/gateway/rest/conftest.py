"""A small repository with one of everything that an answer may have to show."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


class Scratch:
    """A bare repository and a working one to write it with."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.bare = folder / "bare.git"
        self._git("init", "--quiet", "--initial-branch=main", str(self.work), cwd=folder)

    def _git(self, *args: str, cwd: Path | None = None, stdin: bytes = b"", **env: str) -> bytes:
        return subprocess.run(["git", *args], cwd=cwd or self.work, input=stdin, capture_output=True, check=True,
                              env={**os.environ, **env}).stdout

    def git(self, *args: str, stdin: bytes = b"", **env: str) -> str:
        return self._git(*args, stdin=stdin, **env).decode().strip()

    def commit(self, message: str, at: int = 1_700_000_000, **files: str | None) -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        moment = f"{at} +0200"
        self.git("commit", "--quiet", "--allow-empty", "-m", message,
                 GIT_AUTHOR_DATE=moment, GIT_COMMITTER_DATE=moment)
        return self.git("rev-parse", "HEAD")

    def write(self, name: str, text: str | bytes | None) -> None:
        path = self.work / name
        if text is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def publish(self) -> Path:
        if not self.bare.exists():
            self._git("clone", "--quiet", "--bare", str(self.work), str(self.bare), cwd=self.work)
        self._git("push", "--quiet", "--force", str(self.bare), "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
        return self.bare


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)
