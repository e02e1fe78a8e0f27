"""Repositories made for a test, with one of everything that an answer may have to show."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Scratch:
    """A bare repository and a working one to write it with."""

    def __init__(self, folder: Path, bare: Path | None = None) -> None:
        self.work = folder / "work"
        self.bare = bare or folder / "bare.git"
        if not self.work.exists():
            self._git("init", "--quiet", "--initial-branch=main", str(self.work), cwd=folder)

    def _git(self, *args: str, cwd: Path | None = None, stdin: bytes = b"", **env: str) -> bytes:
        return subprocess.run(
            ["git", *args],
            cwd=cwd or self.work,
            input=stdin,
            capture_output=True,
            check=True,
            env={**os.environ, **env},
        ).stdout

    def git(self, *args: str, stdin: bytes = b"", **env: str) -> str:
        return self._git(*args, stdin=stdin, **env).decode().strip()

    def commit(self, message: str, at: int = 1_700_000_000, **files: str | None) -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        moment = f"{at} +0200"
        self.git(
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            message,
            GIT_AUTHOR_DATE=moment,
            GIT_COMMITTER_DATE=moment,
        )
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
        self._git(
            "push",
            "--quiet",
            "--force",
            str(self.bare),
            "refs/heads/*:refs/heads/*",
            "refs/tags/*:refs/tags/*",
        )
        return self.bare


NAMES = ("octo/hello", "octo/secret", "octo/empty", "other/open")


def make_template(folder: Path) -> Path:
    """The repositories of a world, to be copied: making them takes a hundred git processes."""
    for full_name in NAMES:
        (folder / full_name).mkdir(parents=True)
        bare = folder / "repositories" / f"{full_name}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        fill(Scratch(folder / full_name, bare), full_name)
    return folder


def fill(one: Scratch, full_name: str) -> None:
    """`README.md`, code, links, a workflow, a tag, a second branch and a file over 1 MB; or nothing at all."""
    if full_name == "octo/empty":
        one.git("init", "--quiet", "--bare", "--initial-branch=main", str(one.bare))
        return
    one.commit("first", **{"README.md": f"# {full_name}\n", "src/app.py": "one\ntwo\n"})
    (one.work / "link").symlink_to("README.md")
    (one.work / "outside").symlink_to("../../etc/passwd")
    one.commit(
        "second",
        at=1_700_000_100,
        **{"src/app.py": "one\n2\nthree\n", "docs/a b.txt": "x", ".github/workflows/ci.yml": "on: push\n"},
    )
    one.git("tag", "-a", "v1", "-m", "version one")
    one.git("branch", "feature/one")
    one.commit("third", at=1_700_000_200, **{"big.txt": "0123456789abcdef" * 70_000})
    one.publish()
    if full_name == "octo/hello":
        one.git("--git-dir", str(one.bare), "symbolic-ref", "HEAD", "refs/heads/main")
