"""Running git: limits hold, errors say what git said, nothing is inherited and nothing stays behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from keyhole.providers import gitcli


@pytest.fixture
def git_dir(tmp_path: Path) -> Path:
    path = tmp_path / "repository.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    return path


def test_output_and_input_pass_through(git_dir: Path) -> None:
    blob = gitcli.run(git_dir, "hash-object", "-w", "--stdin", stdin=b"hello").decode().strip()
    assert gitcli.run(git_dir, "cat-file", "blob", blob) == b"hello"


def test_a_failure_says_what_git_said(git_dir: Path) -> None:
    with pytest.raises(gitcli.GitError, match="Not a valid object name"):
        gitcli.run(git_dir, "cat-file", "-p", "0123456789")
    assert not gitcli.succeeds(git_dir, "cat-file", "-e", "0" * 40)


def test_a_slow_process_is_ended(git_dir: Path) -> None:
    with pytest.raises(gitcli.GitError, match="did not end"):
        gitcli.run(git_dir, "cat-file", "--batch", stdin=b"\n" * 10_000_000, timeout=0.0)


def test_w5_nothing_of_our_environment_reaches_git(git_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TRACE", "1")
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Mallory")
    identity = {"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.invalid"}
    assert b"Mallory" not in gitcli.run(git_dir, "var", "GIT_COMMITTER_IDENT", env=identity)


def test_a_command_that_could_run_drivers_is_refused(git_dir: Path) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        gitcli.run(git_dir, "difftool")


@pytest.mark.parametrize(
    ("stderr", "text"),
    [
        (b"warning: x\nfatal: no such thing\n", "no such thing"),
        (b"error: one\nmore\n", "one"),
        (b"", ""),
        (b"fatal: \x1b[31mred\x07\n", "?[31mred?"),
        (b"fatal: \xff\xfe\n", "\ufffd\ufffd"),
    ],
)
def test_c15_what_git_says_is_made_safe(stderr: bytes, text: str) -> None:
    assert gitcli.said(stderr) == text


def test_g21_a_spawned_tree_is_ended_and_reaped(git_dir: Path) -> None:
    async def story() -> int:
        process = await gitcli.spawn(git_dir, "cat-file", "--batch")
        await gitcli.kill_tree(process)
        return process.pid

    pid = asyncio.run(story())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
