"""A code scan is a durable job: whatever dies in the middle, it goes on to the same end, and leaves no token."""

from __future__ import annotations

import binascii
import random
import secrets
import shutil
import subprocess
import time

import pytest

from tests import canaries
from tests.stories.scan_process import RefusedError, ScanProcess

PATIENCE = 60
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def github_token():
    """What a leaked GitHub token looks like, checksum included."""
    body = "".join(secrets.choice(DIGITS) for _ in range(30))
    check, number = "", binascii.crc32(body.encode())
    while number:
        number, digit = divmod(number, 62)
        check = DIGITS[digit] + check
    return canaries.watch("a secret in a scanned repository", f"ghp_{body}{check:0>6}")


class World:
    """A data folder, a folder of repositories, and processes on them."""

    def __init__(self, folder, **environment):
        self.environment = environment
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        self.planted = folder / "planted"  # the one name of folder where secrets may lie
        self.repositories = self.planted / "repos"
        self.repositories.mkdir(parents=True)
        self.texts = self.planted / "tokens"
        self.texts.mkdir()
        self.log = folder / "processes.log"
        self._processes = []
        self.ada = self.process()
        self.ada.do("prepare")

    def process(self):
        self._processes.append(ScanProcess(self.data, self.log, **self.environment))
        return self._processes[-1]

    def worker(self, hold="", until=""):
        """A worker process; one with `hold` will say so when it waits there."""
        worker = self.process()
        worker.do("keep_tokens", folder=str(self.texts))
        worker.do("work", hold=hold, until=str(until))
        return worker

    def git(self, *args, at):
        return subprocess.run(
            ["git", *args], cwd=at, check=True, capture_output=True, text=True
        ).stdout.strip()

    def repository(self, full_name, *commits):
        """A repository with one commit per given files; connected. Returns (id, work tree)."""
        work = self.repositories / full_name
        work.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", at=work)
        for files in commits:
            self.commit(work, files)
        return self.ada.do("connect", folder=str(self.repositories))[full_name], work

    def commit(self, work, files):
        for name, text in files.items():
            (work / name).write_text(text)
        self.git("add", "-A", at=work)
        self.git("commit", "-q", "-m", "change", at=work)

    def ended(self, number):
        """The scan once it has ended."""
        return self.until(number, lambda scan: scan["state"] not in ("queued", "running"))

    def until(self, number, wanted):
        deadline = time.monotonic() + PATIENCE
        while not wanted(scan := self.ada.do("look", number=number)):
            assert time.monotonic() < deadline, (scan, self.log.read_text())
            time.sleep(0.05)
        return scan

    def close(self):
        for process in self._processes:
            if process._process.poll() is None:
                process.end()


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def leaky(world):
    """A repository with two secrets in its history, one of them deleted since."""
    first, second = github_token(), github_token()
    number, _ = world.repository(
        "harbour/tide",
        {"deploy.env": f"TOKEN={first}\n", "README.md": "hello\n"},
        {"deploy.env": "\n"},
        {"app.py": f'token = "{second}"\n'},
    )
    return number, {first, second}


def test_a_scan_finds_what_history_holds_with_a_token_of_its_own_and_keeps_no_value(world, leaky):
    repository, values = leaky
    world.worker()
    number = world.ada.do("create", repository_id=repository, name="Nightly")
    scan = world.ended(number)
    assert (scan["state"], scan["clean"]) == ("complete", False), scan
    assert {
        (found["last4"], place["path"]) for found in scan["findings"] for place in found["locations"]
    } == {
        (value[-4:], path) for value, path in zip(sorted(values), _paths(scan, sorted(values)), strict=True)
    }
    assert scan["counters"]["findings"] == 2
    assert scan["counters"]["objects"] > 3

    assert scan["token"]["name"] == f"Scan {number} of harbour/tide"
    assert scan["token"]["state"] == "revoked"
    assert scan["token"]["grant"]["repository_ids"] == [repository]
    assert scan["token"]["grant"]["permissions"] == {"contents": "read", "metadata": "read"}
    (kept,) = world.texts.iterdir()
    assert not world.ada.do("usable", text=kept.read_text())
    acts = [(action, outcome) for action, outcome, _, _ in world.ada.do("audit")]
    order = ["scan:create", "scan:run", "token:create", "scan:act", "token:revoke", "scan:finish"]
    assert [act for act, outcome in acts if act in order and outcome == "allowed"] == order
    _assert_nowhere(world, {*values, kept.read_text()})


def _paths(scan, values):
    by_end = {found["last4"]: found["locations"][0]["path"] for found in scan["findings"]}
    assert set(by_end.values()) == {"deploy.env", "app.py"}
    return [by_end[value[-4:]] for value in values]


def _assert_nowhere(world, texts):
    """Not in any file of the data folder: both databases, their write-ahead logs, everything."""
    for path in world.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [text[:8] for text in texts if text.encode() in content], path


@pytest.mark.parametrize(
    "place", ["job._settle", "reading._authorize", "reading._Follow", "job.store", "job.counted"]
)
def test_killed_in_any_stage_a_scan_goes_on_and_ends_as_if_nothing_had_happened(world, leaky, place):
    repository, values = leaky
    doomed = world.worker(hold=place)
    number = world.ada.do("create", repository_id=repository)
    assert doomed.hear() == f"held at {place}"
    tokens_before = world.ada.do("live_scan_tokens")
    doomed.kill()

    successor = world.worker()
    scan = world.ended(number)
    assert scan["state"] == "complete", scan
    assert {found["last4"] for found in scan["findings"]} == {value[-4:] for value in values}
    assert world.ada.do("live_scan_tokens") == [], f"before the restart: {tokens_before}"
    texts = {path.read_text() for path in world.texts.iterdir()}
    assert texts
    assert not any(world.ada.do("usable", text=text) for text in texts)
    successor.end()
    _assert_nowhere(world, {*values, *texts})


def _what_came_of(scan):
    """All of a scan that must not depend on how often it was interrupted."""
    kept = ("state", "reason", "findings", "counters", "commit", "clean")
    notes = [note for note in scan["evidence"]["notes"] if not note.startswith("Remembered: ")]
    return {name: scan[name] for name in kept} | {"notes": notes}


@pytest.mark.parametrize(
    "place",
    ["scans.job.store", "findings.arriving.take_in"],
)
def test_killed_with_all_scanners_it_comes_to_the_same_and_settles_its_findings_once(world, place):
    value = github_token()
    files = {"deploy.env": f"TOKEN={value}\n", "requirements.txt": "flask==0.1\nrequests>=2\n"}
    repository, _ = world.repository("harbour/tide", files)
    spec = {"repository_id": repository, "scanners": ["secrets", "dependencies"]}
    doomed = world.worker(hold=place)
    number = world.ada.do("create", **spec)
    assert doomed.hear() == f"held at {place}"
    doomed.kill()
    successor = world.worker()
    scan = world.ended(number)
    assert {found["last4"] for found in scan["findings"]} == {value[-4:]}
    assert "not assessed" in scan["reason"]
    settled = world.ada.do("problems")
    assert [(state, happened) for _, state, happened in settled] == [("new", [])]

    undisturbed = world.ended(world.ada.do("create", **spec))
    again = _what_came_of(undisturbed)
    again["counters"] = {
        name: number
        for name, number in again["counters"].items()
        if name not in {"new", "new_by_severity", "fixed"}
    }
    assert again == _what_came_of(scan)
    assert [(state, happened) for _, state, happened in world.ada.do("problems")] == [("open", [])]
    successor.end()


def test_an_orderly_stop_of_the_server_leaves_the_scan_to_the_next_one(world, leaky):
    repository, values = leaky
    first = world.worker(hold="reading._Follow", until="stopping")
    number = world.ada.do("create", repository_id=repository)
    assert first.hear() == "held at reading._Follow"
    assert len(world.ada.do("live_scan_tokens")) == 1
    first.do("retire")
    scan = world.ada.do("look", number=number)
    assert (scan["state"], scan["token"]["state"]) == ("running", "revoked")
    world.worker()
    scan = world.ended(number)
    assert (scan["state"], scan["counters"]["findings"], scan["attempts"]) == ("complete", len(values), 2)


def test_killed_again_and_again_at_moments_that_nobody_chose_no_scan_is_lost(world, leaky):
    repository, values = leaky
    moments = random.Random(7)
    numbers = []
    for _ in range(6):
        numbers.append(world.ada.do("create", repository_id=repository))
        doomed = world.worker()
        time.sleep(moments.uniform(0, 1.5))  # not to wait for anything: the moment itself is what is tried
        doomed.kill()
    world.worker()
    scans = [world.ended(number) for number in numbers]
    assert [(scan["state"], scan["counters"]["findings"]) for scan in scans] == [
        ("complete", len(values))
    ] * 6
    assert world.ada.do("live_scan_tokens") == []
    assert world.ada.do("audit")


@pytest.mark.parametrize("place", ["job._settle", "reading._Follow", "job.store"])
def test_a_running_scan_stops_when_asked_and_is_not_shown_as_clean(world, leaky, place):
    repository, _ = leaky
    worker = world.worker(hold=place, until=world.planted / "go on")
    number = world.ada.do("create", repository_id=repository)
    assert worker.hear() == f"held at {place}"
    assert world.ada.do("stop", number=number) == "running"
    (world.planted / "go on").touch()
    scan = world.ended(number)
    assert (scan["state"], scan["reason"], scan["clean"]) == ("stopped", "Stopped on request.", False)
    assert world.ada.do("live_scan_tokens") == []
    with pytest.raises(RefusedError, match="not running"):
        world.ada.do("stop", number=number)


def test_a_scan_whose_token_somebody_revokes_reads_no_further(world, leaky):
    repository, _ = leaky
    worker = world.worker(hold="reading._Follow", until=world.planted / "go on")
    number = world.ada.do("create", repository_id=repository)
    worker.hear()
    world.ada.do("revoke", number=world.ada.do("look", number=number)["token"]["id"])
    (world.planted / "go on").touch()
    scan = world.ended(number)
    assert (scan["state"], scan["reason"]) == ("failed", "The scan's token was revoked while it was reading.")
    assert (scan["findings"], scan["clean"]) == ([], False)


def test_two_scans_run_at_the_same_time_and_do_not_mix(world, leaky):
    repository, values = leaky
    other, _ = world.repository("harbour/other", {"only.env": f"T={github_token()}\n"})
    world.worker()
    numbers = [world.ada.do("create", repository_id=row) for row in (repository, other, repository)]
    scans = [world.ended(number) for number in numbers]
    assert [scan["state"] for scan in scans] == ["complete"] * 3
    assert [scan["counters"]["findings"] for scan in scans] == [len(values), 1, len(values)]
    assert len({scan["token"]["id"] for scan in scans}) == 3


def test_a_repository_that_went_away_between_create_and_run_fails_and_says_so(world, leaky):
    repository, _ = leaky
    number = world.ada.do("create", repository_id=repository)
    shutil.rmtree(world.repositories / "harbour/tide")
    world.worker()
    scan = world.ended(number)
    assert (scan["state"], scan["clean"], scan["token"]) == ("failed", False, None)
    assert "harbour/tide is not where it was connected" in scan["reason"]
    with pytest.raises(RefusedError, match=r"InvalidInput.*not where it was connected"):
        world.ada.do("create", repository_id=repository)
    with pytest.raises(RefusedError, match="InvalidInput"):
        world.ada.do("again", number=number)


def test_a_disconnected_repository_is_not_read(world, leaky):
    repository, _ = leaky
    number = world.ada.do("create", repository_id=repository)
    world.ada.do("disconnect", number=repository)
    world.worker()
    assert world.ended(number)["state"] == "failed"
    assert world.ada.do("look", number=number)["token"] is None


def test_one_branch_is_its_own_history_and_a_tag_is_found_by_name(world):
    old, new = github_token(), github_token()
    repository, work = world.repository("harbour/tide", {"a.env": f"T={old}\n"})
    world.git("tag", "-a", "v1", "-m", "first", at=work)
    world.git("checkout", "-q", "-b", "topic", at=work)
    world.commit(work, {"b.env": f"T={new}\n"})
    world.worker()
    ends = {}
    for ref in ("main", "v1", "refs/heads/topic", ""):
        scan = world.ended(world.ada.do("create", repository_id=repository, ref=ref))
        assert scan["state"] == "complete"
        ends[ref] = {found["last4"] for found in scan["findings"]}
    assert ends == {
        "main": {old[-4:]},
        "v1": {old[-4:]},
        "refs/heads/topic": {old[-4:], new[-4:]},
        "": {old[-4:], new[-4:]},
    }
    with pytest.raises(RefusedError, match="no branch or tag called 'gone'"):
        world.ada.do("create", repository_id=repository, ref="gone")


def test_running_again_keeps_the_old_result_and_says_what_is_new_and_what_is_fixed(world):
    repository, work = world.repository("harbour/tide", {"a.env": f"T={github_token()}\n"})
    world.worker()
    first = world.ada.do("create", repository_id=repository, ref="main")
    assert "new" not in world.ended(first)["counters"], "there is nothing to compare the first scan with"
    world.commit(work, {"b.env": f"T={github_token()}\n"})
    second = world.ada.do("again", number=first)
    assert second != first
    counters = world.ended(second)["counters"]
    assert (counters["findings"], counters["new"], counters["fixed"]) == (2, 1, 0)
    # Rewritten history: the branch begins anew without the secrets.
    world.git("checkout", "-q", "--orphan", "clean", at=work)
    world.git("rm", "-q", "-rf", ".", at=work)
    world.commit(work, {"README.md": "hello\n"})
    world.git("branch", "-q", "-M", "clean", "main", at=work)
    third = world.ended(world.ada.do("again", number=second))
    assert (third["counters"]["findings"], third["counters"]["new"], third["counters"]["fixed"]) == (0, 0, 2)
    assert third["clean"]
    assert world.ada.do("look", number=first)["counters"]["findings"] == 1


def test_a_scan_is_deleted_with_its_findings_but_not_while_it_runs(world, leaky):
    repository, _ = leaky
    number = world.ada.do("create", repository_id=repository)
    with pytest.raises(RefusedError, match="Conflict: This scan is running"):
        world.ada.do("delete", number=number)
    assert world.ada.do("stop", number=number) == "stopped", "one that waits ends at once"
    world.ada.do("delete", number=number)
    with pytest.raises(RefusedError, match="NotFound"):
        world.ada.do("look", number=number)
