"""The demo, as a newcomer runs it: every step happens, and a repository that cannot be used is said to be so."""

import json
import os
import secrets
import signal
import string
import subprocess
import sys
import zlib
from contextlib import suppress

import psutil
import pytest

from tests import canaries

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def github_token():
    """A text that has the shape and the checksum of a GitHub token, and is none."""
    body = "".join(secrets.choice(BASE62) for _ in range(30))
    number, checksum = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        checksum = BASE62[digit] + checksum
    return canaries.watch("GitHub token in the demo's repository", f"ghp_{body}{checksum}")


@pytest.fixture
def project(tmp_path):
    """A repository with a secret in its history, as real ones have."""
    path = tmp_path / "planted" / "tide-api"
    path.mkdir(parents=True)
    git = ["git", "-C", str(path), "-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    (path / "deploy.env").write_text(f"TOKEN={github_token()}\n")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "deploy"], check=True)
    (path / "deploy.env").write_text("TOKEN=\n")
    subprocess.run([*git, "commit", "--quiet", "-am", "remove the token"], check=True)
    return path


def demo(*args, cwd):
    command = [sys.executable, "-m", "keyhole.cli", "demo", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_every_step_truly_happens(project, tmp_path):
    done = demo(project, "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["ok"]
    assert [step["name"] for step in report["steps"]] == [
        "start",
        "import_repositories",
        "generate_token",
        "clone",
        "push_refused",
        "other_repository_hidden",
        "scan",
        "revoke",
        "sandbox",
        "plan",
        "make",
        "inspect",
        "seal",
        "scan_there",
        "notice",
        "audit",
    ]
    scan = next(step for step in report["steps"] if step["name"] == "scan")
    assert "1 finding" in scan["detail"]
    assert "deploy.env:1" in scan["detail"]
    details = {step["name"]: step["detail"] for step in report["steps"]}
    assert "contents: read" in details["plan"]
    assert "working" in details["seal"]
    assert "1 finding" in details["scan_there"]
    assert "does not accept the credential" in details["notice"]


def started(project, tmp_path):
    """A demo whose server is there, and where the server's process id is written."""
    lock, scratch = tmp_path / "kept" / "server.lock", tmp_path / "scratch"
    scratch.mkdir()
    running = subprocess.Popen(
        [sys.executable, "-m", "keyhole.cli", "demo", str(project), "--keep", str(lock.parent)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    while not (lock.exists() and lock.read_text().strip()):
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.1)
        assert running.returncode is None
    return running, lock


def test_told_to_end_it_ends_its_server_too(project, tmp_path):
    running, lock = started(project, tmp_path)
    running.terminate()
    assert running.wait(60) == 128 + signal.SIGTERM
    assert not psutil.pid_exists(int(lock.read_text()))
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_killed_it_leaves_no_server(project, tmp_path):
    running, lock = started(project, tmp_path)
    server = psutil.Process(int(lock.read_text()))
    running.kill()
    running.wait(60)
    try:
        server.wait(30)
    finally:
        with suppress(psutil.NoSuchProcess):
            server.kill()


def test_a_folder_that_is_no_repository_fails_and_says_so(tmp_path):
    done = demo(tmp_path, "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert not report["ok"]
    assert "neither a repository" in report["steps"][-1]["detail"]


def test_a_folder_with_other_things_in_it_is_not_cleared_for_the_demo(project, tmp_path):
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "mine.txt").write_text("mine")
    done = demo(project, "--keep", keep, cwd=tmp_path)
    assert done.returncode != 0
    assert "left alone" in done.stderr
    assert (keep / "mine.txt").read_text() == "mine"
