"""A schedule on a real server: it scans what was pushed through the gateway, and goes on after `kill -9`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time

import pytest

from tests.stories.test_scan_durable import github_token

PATIENCE = 90


def keyhole(server, *args):
    done = subprocess.run([sys.executable, "-m", "keyhole.cli", *args], env=server.environment, capture_output=True,
                          text=True, timeout=PATIENCE, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in args else done.stdout


def scans(server, state="complete"):
    return [each for each in keyhole(server, "findings", "--json") if each["state"] == state]


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return found


@pytest.fixture
def pushed_to(fresh_keyhole):
    fresh_keyhole.make_repo("harbour/tide", {"README.md": "hello\n"})
    fresh_keyhole.make_repo("harbour/moor", {"README.md": "hello\n"})
    keyhole(
        fresh_keyhole,
        "schedule",
        "new",
        "Pushes",
        "harbour/tide",
        "harbour/moor",
        "--on-push",
        "--poll",
        "0",
        "--json",
    )
    return fresh_keyhole


def test_what_is_pushed_is_scanned_and_nothing_else(pushed_to):
    server = pushed_to
    until(lambda: len(scans(server)) == 2)
    token = server.token("harbour/tide", contents="write")
    work = server.clone("harbour/tide", token)
    server.commit(work, {"deploy.env": f"TOKEN={github_token()}\n"})
    server.kill()  # between the first runs and the push
    server.restart()
    server.git("push", f"{server.url}/harbour/tide.git", "HEAD:main", token=token, at=work)
    shutil.rmtree(work)  # the secret belongs into the repository, and nowhere else
    (third, *_) = until(lambda: found if len(found := scans(server)) == 3 else None)
    assert third["repository"] == "harbour/tide"
    assert third["counters"]["findings"] == 1
    (schedule,) = keyhole(server, "schedule", "list", "--json")
    shown = keyhole(server, "schedule", "show", str(schedule["id"]), "--json")
    assert [run["cause"] for run in shown["runs"]] == ["push", "look"]
    assert not any(run["failed"] for run in shown["runs"])
