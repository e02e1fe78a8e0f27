"""One run of a program: what it is given, what becomes of it, and that nothing of it is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import keyhole
from keyhole.scanners.programs.running import adopt_orphans, end_all, is_plain, run

assert adopt_orphans  # called by the processes below
assert end_all


def running(tmp_path, script, files=(), seconds=20.0, after=""):
    """Runs a shell script as the process that starts programs does, in a process of its own; what that one prints."""
    program = (
        "import json, pathlib, resource\n"
        "from keyhole.scanners.programs.running import adopt_orphans, end_all, run, FILE_BYTES\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))\nadopt_orphans()\n"
        f"ran = run(['/bin/sh', '-c', {script!r}], {{'EXTRA': 'yes'}}, {list(files)!r}, "
        f"pathlib.Path({str(tmp_path / 'run')!r}), {seconds}, 256 << 20)\n"
        f"{after}\n"
        "print(json.dumps([ran.code, ran.ended, ran.output.decode(), list(ran.unwritten)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(Path(keyhole.__file__).parents[1]), "SECRET_OF_THE_SERVER": "x"},
    )
    assert done.returncode == 0, done.stderr
    import json

    assert not (tmp_path / "run").exists()
    return json.loads(done.stdout)


def test_it_gets_its_files_and_a_bare_environment(tmp_path):
    code, ended, output, unwritten = running(
        tmp_path,
        "cat a/b.txt; stat -c %a .; env | sort | cut -d= -f1 | tr '\\n' ' '; exit 3",
        [("a/b.txt", b"content\n")],
    )
    assert (code, ended, unwritten) == (3, "", [])
    lines = output.splitlines()
    assert lines[:2] == ["content", "700"]
    assert set(lines[2].split()) - {"PWD", "SHLVL", "_", "OLDPWD"} == {
        *("EXTRA", "HOME", "LC_ALL", "PATH", "TMPDIR"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE", "PYTHONSAFEPATH", "PYTHONUTF8"),
    }


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/x",
        "../x",
        "a/../x",
        "a//b",
        "-rf",
        "a\nb",
        "a b",
        "é",
        "./a",
        "a/.",
        "x" * 101,
        "a/" * 30 + "a",
    ],
)
def test_a_name_that_is_not_plain_is_never_written(tmp_path, name):
    assert not is_plain(name)
    assert running(tmp_path, "find . -type f", [(name, b"x")])[2:] == ["", [name]]


def test_two_files_that_cannot_both_be_there_do_not_hide_each_other(tmp_path):
    files = [("a", b"1"), ("a", b"2"), ("a/b", b"3"), ("big", b"x" * 50_000)]
    _, _, output, unwritten = running(tmp_path, "cat a", files)
    assert output == "1"
    assert unwritten == ["a", "a/b", "big"]


@pytest.mark.parametrize(
    ("script", "seconds", "why"),
    [
        ("kill -SEGV $$", 20, "signal 11"),
        ("kill -9 $$", 20, "signal 9"),
        ("exec sleep 100", 0.2, "stopped after"),
        ("trap '' TERM INT HUP; while :; do :; done", 0.2, "stopped after"),
        ("exec head -c 3000000 /dev/zero", 20, "wrote more than"),
    ],
)
def test_one_that_does_not_end_well_says_why(tmp_path, script, seconds, why):
    assert why in running(tmp_path, script, seconds=seconds)[1]


def test_what_it_leaves_running_is_ended_however_it_hides(tmp_path):
    script = "(setsid sh -c 'setsid sleep 1000 & setsid sleep 1001' &) ; sleep 0.1; echo done"
    after = (
        "import subprocess as s\n"
        "left = s.run(['pgrep', '-x', '-f', 'sleep 100[01]'], capture_output=True).stdout\nassert not left, left"
    )
    assert running(tmp_path, script, after=after)[:3] == [0, "", "done\n"]


def test_one_that_is_not_there_says_so(tmp_path):
    ran = run([str(tmp_path / "nothing")], {}, [], tmp_path / "run", 1.0, 1 << 30)
    assert ran.ended == "could not be started"
