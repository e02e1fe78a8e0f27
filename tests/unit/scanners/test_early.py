"""The process that scans is there before the scan, takes one order, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keyhole.scanners import early


def test_it_is_started_once_and_taken_once():
    early.start_early()
    ((process, _told),) = early._waiting
    early.start_early()
    assert early._waiting == [(process, b"")]
    assert early.taken() == (process, False)
    assert early.taken() is None
    early.ended(process)
    assert process.returncode is not None


def test_one_that_has_ended_is_not_given_out():
    early.start_early()
    ((process, _told),) = early._waiting
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert early.taken() is None


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="nothing tells what a process has loaded")
def test_one_that_waits_makes_itself_ready_for_what_few_repositories_have():
    early.start_early()
    process, _told = early.taken()
    end = time.monotonic() + 30
    while "_lzma" not in Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < end:
        time.sleep(0.02)
    assert time.monotonic() < end
    assert process.poll() is None
    early.ended(process)


def test_starting_it_loads_next_to_nothing():
    code = "import sys, keyhole.scanners.early; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {
        "dataclasses",
        "subprocess",
        "threading",
        "pathlib",
        "json",
        "hashlib",
        "click",
        "django",
        "numpy",
        "keyhole.scanners.interface",
    }
    assert not heavy & set(done.stdout.split())


def test_where_no_process_can_be_had_there_is_none(monkeypatch):
    def refused(*_words):
        raise BlockingIOError

    monkeypatch.setattr(early, "started", refused)
    early.start_early()
    assert early.taken() is None


def test_the_process_that_scans_does_without_what_takes_long_to_import():
    code = (
        "import sys, keyhole.scanners.worker as worker\n"
        "worker.get_ready(whole=False, idle=lambda: True); worker.named('secrets'); print(*sys.modules)"
    )
    # -S: what site imports depends on what is installed beside us.
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {
        "dataclasses",
        "datetime",
        "importlib.util",
        "inspect",
        "keyhole.core.finding",
        "keyhole.scanners.past",
        "numpy",
        "pathlib",
        "selectors",
        "subprocess",
        "tempfile",
        "threading",
        "urllib.parse",
    }
    loaded = set(done.stdout.split())
    assert "keyhole.scanners.secrets.engine" in loaded
    assert not heavy & loaded


def test_who_gives_the_order_does_without_what_findings_are_and_what_takes_long_to_import():
    code = (
        "import sys, keyhole.scanners.child\n"
        "from keyhole.scanners.registry import chosen\n"
        "chosen(['secrets']); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"dataclasses", "keyhole.core.finding", "selectors", "shutil", "subprocess", "tempfile"}
    assert not heavy & set(done.stdout.split())
