"""The process that starts programs, asked as the reading process asks it."""

from __future__ import annotations

import os
import signal

import pytest

from keyhole.scanners.limits import Limits
from keyhole.scanners.programs.bench import main
from keyhole.scanners.programs.client import Bench

assert main  # what the other process runs


@pytest.fixture
def bench(tmp_path):
    with Bench(["ruff"], tmp_path, Limits(seconds=60)) as bench:
        yield bench


def test_it_runs_the_program_of_a_scanner_and_leaves_nothing(bench, tmp_path):
    for _ in range(2):
        ran = bench.run("ruff", [("0/0.py", b"exec(x)\n")])
        assert (ran.code, ran.ended, ran.unwritten) == (1, "", ())
        assert b'"S102"' in ran.output
    assert list(tmp_path.iterdir()) == []
    assert "files of at most 64 MiB written" in " ".join(bench.held)


def test_only_what_was_ordered_is_ever_started(bench):
    for name in ("bandit", "secrets", "../ruff", "/bin/sh"):
        assert bench.run(name, [("0/0.py", b"x")]).ended == "is not installed"


def test_a_name_that_climbs_is_not_written(bench, tmp_path):
    ran = bench.run("ruff", [("../../climbed.py", b"exec(x)\n"), ("0/0.py", b"x = 1\n")])
    assert ran.unwritten == ("../../climbed.py",)
    assert ran.ended == ""
    assert not (tmp_path / "climbed.py").exists()


def test_if_it_dies_that_is_said(bench):
    os.kill(bench._process.pid, signal.SIGKILL)
    assert "has ended" in bench.run("ruff", [("0/0.py", b"x")]).ended
    assert "has ended" in bench.run("ruff", [("0/0.py", b"x")]).ended


def test_a_scan_without_time_starts_nothing(tmp_path):
    with Bench(["ruff"], tmp_path, Limits(seconds=0)) as bench:
        assert "time of the scan is used up" in bench.run("ruff", [("0/0.py", b"x")]).ended
