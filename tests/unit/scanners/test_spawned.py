"""A process that was started: it answers, ends, can be waited for, and has nothing that it was not given."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from keyhole.scanners.early import ended
from keyhole.scanners.spawned import Spawned


@pytest.fixture
def spawn():
    started = []

    def spawned(code, *words, environment=None):
        started.append(Spawned([sys.executable, "-c", code, *words], environment or {}, leads=True))
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


@pytest.mark.parametrize("program", ["/nowhere", "nowhere"])
def test_where_none_can_be_started_nothing_stays_open(program):
    before = sorted(Path("/dev/fd").iterdir())
    with pytest.raises(FileNotFoundError):
        Spawned([program], {"PATH": "/usr/bin:/bin"})
    assert sorted(Path("/dev/fd").iterdir()) == before


def test_it_is_found_where_its_own_path_leads_and_not_ours(tmp_path, monkeypatch):
    ours = tmp_path / "cat"
    ours.write_text("#!/bin/sh\necho ours\n")
    ours.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    process = Spawned(["cat"], {"PATH": f"{tmp_path}/empty:/usr/bin:/bin"})
    process.stdin.write(b"theirs")
    process.stdin.close()
    assert process.stdout.read() == b"theirs"
    process.close()
    assert process.wait() == 0


def test_it_can_read_what_another_one_writes():
    first = Spawned(["/bin/echo", "word"], {})
    second = Spawned(["cat"], {"PATH": "/usr/bin:/bin"}, reads=first.stdout.fileno())
    first.close()
    assert second.stdout.read() == b"word\n"
    second.close()
    assert first.wait() == second.wait() == 0


def test_it_stops_when_nobody_reads_any_more_as_programs_do():
    process = Spawned(["/bin/sh", "-c", "while :; do echo word; done"], {})
    assert process.stdout.read(5) == b"word\n"
    process.close()
    assert process.wait() == -signal.SIGPIPE


def test_it_can_be_killed_while_another_thread_waits_for_it(spawn):
    process = spawn("input()")
    codes = []
    waiting = threading.Thread(target=lambda: codes.append(process.wait()))
    waiting.start()
    process.kill()
    waiting.join()
    process.kill()
    assert codes == [process.returncode] == [-signal.SIGKILL]


def test_what_has_ended_is_not_killed(spawn, monkeypatch):
    process = spawn("pass")
    assert process.wait(10) == 0
    monkeypatch.setattr(os, "kill", None)
    process.kill()


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


def test_a_copy_of_who_started_it_may_kill_it_and_does_not_learn_how_it_ended(spawn):
    process = spawn("input()")
    copy = os.fork()
    if copy == 0:
        learned = process.poll() is None and process.wait() is None
        process.kill()
        os._exit(0 if learned and process.returncode is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0
    assert process.wait() == -signal.SIGKILL
