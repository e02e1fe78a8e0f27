"""A process of ours: it answers, ends, can be waited for, and has nothing that it was not given."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from keyhole.scanners.early import ended
from keyhole.scanners.spawned import Spawned


@pytest.fixture
def spawn():
    started = []

    def spawned(code, *words, environment=None):
        started.append(Spawned(code, words, environment or {}))
        return started[-1]

    yield spawned
    for process in started:
        ended(process)


def test_it_reads_lines_and_answers_and_its_end_is_known(spawn):
    process = spawn("import sys; print(sys.stdin.readline() + sys.argv[1]); sys.exit(3)", "word")
    assert process.poll() is None
    process.stdin.write(b"line\n")
    process.stdin.close()
    assert process.stdout.read() == b"line\nword\n"
    assert process.wait() == process.poll() == 3


def test_its_environment_is_what_it_was_given_and_it_leads_its_own_group(spawn):
    process = spawn(
        "import os; print(*sorted(os.environ), os.getpgid(0) == os.getpid())", environment={"A": "1"}
    )
    assert process.stdout.read().split() == [b"A", b"LC_CTYPE", b"True"]


def test_what_it_says_about_errors_is_thrown_away(spawn, capfd):
    assert spawn("import sys; sys.exit('a traceback may quote what was read')").wait() == 1
    assert capfd.readouterr().err == ""


def test_how_a_signal_ended_it_is_told(spawn):
    process = spawn("input()")
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_waiting_for_one_that_stays_ends(spawn):
    process = spawn("input()")
    assert process.wait(0.05) is None
    ended(process)
    assert process.wait(0.05) == -signal.SIGKILL


def test_it_ends_when_we_let_go_of_it(spawn):
    process = spawn("import sys; sys.stdin.read()")
    process.close()
    assert process.wait() == 0


def test_where_none_can_be_started_nothing_stays_open(monkeypatch):
    before = sorted(Path("/dev/fd").iterdir())
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with pytest.raises(FileNotFoundError):
        Spawned("", (), {})
    assert sorted(Path("/dev/fd").iterdir()) == before


@pytest.fixture
def unwatched():
    """This process ignores how its own end, as whoever starts us may have it."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGCHLD, before)


def test_where_the_kernel_collects_processes_its_end_is_known_all_the_same(spawn, unwatched):
    process = spawn("input()")
    assert process.poll() is None
    process.close()
    assert process.wait() == process.poll() == 0


def test_its_own_processes_are_not_collected_by_the_kernel(spawn, unwatched):
    process = spawn(
        "import subprocess; print(subprocess.run(['sh', '-c', 'exit 3'], env={'PATH': '/bin:/usr/bin'}).returncode)"
    )
    assert process.stdout.read() == b"3\n"
