"""How the command line begins: with streams that are closed, with a machine that lacks something, and when stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.unit.scanners.conftest import History

_BEGIN = "import sys; from keyhole.cli.begin import main; sys.argv[0] = 'keyhole'; main()"
_UNWATCHED = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
"""
_PRESSED = """
import os, signal, sys
from keyhole.cli import begin
class Press:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Press())
sys.argv = ["keyhole", "scan", "."]
begin.main()
"""
_WITHOUT_GIT = """
import sys
from keyhole.core import git_safety
git_safety.GIT_PATH = "/nowhere"
sys.argv = ["keyhole", "scan", ".", "--ref", "main"]
from keyhole.cli.main import main
main()
"""


@pytest.fixture
def place(tmp_path):
    history = History(tmp_path / "repository.git")
    history.commit({"a": b"1"})
    return history


def run(place, program, *args, shell="", data="/proc/nowhere"):
    """Runs a program in the repository. `shell` is how its streams are closed."""
    environment = {"PATH": os.environ["PATH"], "KEYHOLE_DATA": data}
    command = ["sh", "-c", f'exec "$@" {shell}', "sh", sys.executable, "-c", program, *args]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=place.path, env=environment, timeout=60
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("form", ["--json", "--format=text", "--format=csv"])
def test_a_closed_stream_does_not_change_how_a_scan_ends(place, closed, form):
    assert run(place, _BEGIN, "scan", ".", form, shell=closed).returncode == 0
    (place.path / "shallow").write_text(f"{place.tip()}\n")
    assert run(place, _BEGIN, "scan", ".", form, shell=closed).returncode == 3


def test_whoever_starts_it_may_ignore_how_its_own_processes_end(place):
    done = run(place, _UNWATCHED, _BEGIN, "scan", "--head", ".")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_said_where_the_other_stream_is_closed_is_all_that_is_there(place):
    done = run(place, _BEGIN, "scan", ".", "--json", shell="2>&-")
    assert json.loads(done.stdout)["status"] == "complete"
    assert run(place, _BEGIN, "nonsense", shell=">&-").stderr.count("No such command") == 1


@pytest.mark.parametrize(
    "name", ["keyhole.scanners.early", "keyhole.scanners.spawned", "keyhole.cli.main", "click", "click.core"]
)
def test_who_stops_it_while_it_begins_sees_no_traceback(place, name):
    # Whoever runs the tests in the background has it ignored, and what is started with it.
    heeding = (
        f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler){_PRESSED.format(name=name)}"
    )
    done = run(place, heeding)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nStopped.\n")


def test_where_stopping_is_ignored_it_goes_on(place):
    ignoring = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN){_PRESSED.format(name='click')}"
    done = run(place, ignoring)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_git_a_branch_cannot_be_looked_up_and_that_is_said(place):
    done = run(place, _WITHOUT_GIT)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("Error: git cannot be run: it was not found.\nInstall git;")
