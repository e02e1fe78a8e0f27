"""An isolated process, and what it starts, can reach no network, write no file and take no more than its memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import keyhole
from keyhole.scanners.isolation import isolate

assert isolate  # named here for the mirror; it is only ever called in a process that ends afterwards


def isolated(body, cwd):
    program = (
        "import ctypes, subprocess, sys, socket, os\n"
        "from keyhole.scanners.isolation import isolate\nfrom keyhole.scanners.limits import Limits\n"
        f"held = isolate(Limits(seconds=60, memory_bytes=256 << 20))\n{body}"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env={"PYTHONPATH": str(Path(keyhole.__file__).parents[1]), "PATH": "/usr/bin:/bin"},
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 80))",
        "socket.getaddrinfo('example.invalid', 80)",
        "os.write(os.open('written', os.O_CREAT | os.O_WRONLY), b'x')",
        "bytearray(512 << 20)",
        "os.system('true')",
    ],
)
def test_what_an_isolated_process_cannot_do(attempt, tmp_path):
    done = isolated(f"try:\n    {attempt}\nexcept (OSError, MemoryError):\n    print('refused')", tmp_path)
    assert done.stdout == "refused\n", done.stderr
    assert not (tmp_path / "written").exists() or not (tmp_path / "written").read_text()


def test_what_it_starts_is_held_by_the_kernel(tmp_path):
    body = (
        "if 'sockets refused by the kernel' not in held and 'network namespace of its own' not in held:\n"
        "    print('not here'); sys.exit()\n"
        "code = 'import socket; s = socket.socket(); s.connect((\"127.0.0.1\", 1))'\n"
        "done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)\n"
        "print(done.stderr.splitlines()[-1].split(':')[0])"
    )
    done = isolated(body, tmp_path)
    if done.stdout == "not here\n":
        pytest.skip("this kernel grants neither namespaces nor system call filters")
    # Refused as such, or (in an empty network) there is not even a loopback that could refuse the connection.
    assert done.stdout.strip() in {"PermissionError", "OSError"}, done.stderr


def test_reading_and_starting_git_still_work(tmp_path):
    (tmp_path / "a").write_text("content")
    body = "print(open('a').read(), subprocess.run(['git', 'version'], capture_output=True).returncode)"
    done = isolated(body, tmp_path)
    assert done.stdout == "content 0\n", done.stderr
