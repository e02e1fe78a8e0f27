"""Code scans where a server runs: it is the worker, whoever asks; and `kill -9` of it loses no scan."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from tests.stories.scan_process import ScanProcess
from tests.stories.test_scan_durable import github_token

PATIENCE = 60


@pytest.fixture
def person(fresh_keyhole):
    """Somebody who uses the same Keyhole from another process, which never becomes a worker by itself."""
    process = ScanProcess(fresh_keyhole.data, fresh_keyhole.log)
    yield process
    process.end()


@pytest.fixture
def leaky(fresh_keyhole, person):
    """A repository with one secret, connected; its number."""
    folder = fresh_keyhole.folder / "planted" / "repos"
    work = folder / "harbour" / "tide"
    work.mkdir(parents=True)
    fresh_keyhole.git("init", "-q", "-b", "main", at=work)
    fresh_keyhole.commit(work, {"deploy.env": f"TOKEN={github_token()}\n"})
    return person.do("connect", folder=str(folder))["harbour/tide"]


def ended(person, number):
    deadline = time.monotonic() + PATIENCE
    while (scan := person.do("look", number=number))["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, scan
        time.sleep(0.05)
    return scan


def keyhole(server, *args):
    return subprocess.run([sys.executable, "-m", "keyhole.cli", *args], env=server.environment, capture_output=True,
                          text=True, timeout=PATIENCE, check=False)  # fmt: skip


def test_the_server_runs_what_another_process_asks_for(fresh_keyhole, person, leaky):
    scan = ended(person, person.do("create", repository_id=leaky))
    assert (scan["state"], scan["counters"]["findings"]) == ("complete", 1)
    assert person.do("live_scan_tokens") == []


def test_the_command_line_follows_a_scan_that_the_server_runs(fresh_keyhole, person, leaky):
    done = keyhole(fresh_keyhole, "scan", "harbour/tide", "--json")
    assert done.returncode == 1, done.stderr
    (found,) = json.loads(done.stdout)["findings"]
    assert found["locations"][0]["path"] == "deploy.env"
    (entry,) = [subject for action, _, _, subject in person.do("audit") if action == "scan:act"]
    assert entry["agent"] == "keyhole-scan"
    assert entry["repositories"] == ["harbour/tide"]


def test_the_command_line_runs_the_same_scan_without_a_server(fresh_keyhole, person, leaky):
    fresh_keyhole.process.terminate()
    fresh_keyhole.process.wait(20)
    done = keyhole(fresh_keyhole, "scan", "harbour/tide", "--json")
    assert done.returncode == 1, done.stderr
    assert person.do("live_scan_tokens") == []
    assert not list((fresh_keyhole.data / "workers").iterdir())


@pytest.mark.parametrize("stage", ["", "read", "conclude"])
def test_kill_9_of_the_server_loses_no_scan(fresh_keyhole, person, leaky, stage):
    number = person.do("create", repository_id=leaky)
    deadline = time.monotonic() + PATIENCE
    while stage and person.do("look", number=number)["stage"] not in (stage, ""):
        assert time.monotonic() < deadline
    fresh_keyhole.kill()
    fresh_keyhole._control.communicate()
    fresh_keyhole.start()
    scan = ended(person, number)
    assert (scan["state"], scan["counters"]["findings"]) == ("complete", 1), scan
    assert person.do("live_scan_tokens") == []
    assert person.do("audit")
