"""A server fetches advisories once somebody had it do so, and goes on with that when it is killed in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from tests.stories.keyhole_process import KeyholeProcess
from tests.unit.advisories.source import serving
from tests.unit.scanners.dependencies.advisories import record

pytestmark = pytest.mark.loopback


@pytest.fixture
def source():
    with serving() as (server, address):
        for number, name in enumerate(("npm", "PyPI")):
            server.publish(name, record(f"A{number}", ecosystem=name))
        server.address = address
        yield server


@pytest.fixture
def keyhole(tmp_path, source):
    server = KeyholeProcess(
        tmp_path,
        KEYHOLE_ALLOW_PRIVATE_ADDRESSES="yes",
        KEYHOLE_ADVISORIES_URL=source.address,
        KEYHOLE_EPSS_URL="none",
        KEYHOLE_KEV_URL="none",
    )
    yield server
    server.stop()


def command(keyhole, *args):
    ran = [sys.executable, "-m", "keyhole.cli", "advisories", *args]
    done = subprocess.run(
        ran, capture_output=True, text=True, check=False, env={**os.environ, **keyhole.environment}
    )
    return done.stdout


def until(keyhole, holds):
    """What `status` says as soon as that holds."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        said = json.loads(command(keyhole, "status", "--json"))
        if holds(said):
            return said
    raise AssertionError(said)


def test_it_is_killed_in_the_middle_and_goes_on(keyhole, source):
    command(keyhole, "keep", "on", "--every", "6")
    asked, go_on = threading.Event(), threading.Event()
    whole = source.answer

    def held(path, headers):
        asked.set()
        go_on.wait(60)
        return whole(path, headers)

    source.answer = held
    keyhole.start()
    assert asked.wait(90)
    assert until(keyhole, lambda said: said["running"])["ecosystems"] == {}
    keyhole.kill()
    source.answer = whole
    go_on.set()
    keyhole.restart()
    # All ecosystems were asked for, and the source has two: what there is was taken, and what there is not is told.
    said = until(keyhole, lambda said: said["failed_at"])
    assert said["ecosystems"] == {"PyPI": 1, "npm": 1}
    assert (said["failures"], said["running"], said["keep"], said["hours"]) == (1, False, True, 6)
    assert "What else there is was taken." in said["problem"]
    assert said["next_at"] > said["failed_at"]
