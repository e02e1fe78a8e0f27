"""The memory of a scan is measured as what its processes take, and nobody else's."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time

from tests.stories.scan_memory import watched

_MIB = 1 << 20
_TAKES = "import time; taken = b'x' * (%d << 20); print(flush=True); time.sleep(1)"


def test_what_a_process_and_its_children_take_counts_together():
    with watched() as peak:
        program = (
            f"import subprocess, sys; below = subprocess.Popen([sys.executable, '-c', {_TAKES % 60!r}]); "
            f"{_TAKES % 50}; below.wait()"
        )
        subprocess.run([sys.executable, "-c", program], check=True)
    assert 110 * _MIB < peak[0] < 160 * _MIB


def test_a_child_whose_program_has_not_begun_takes_no_memory_yet(tmp_path):
    """As on a busy machine: the child is there, and has all of the memory of who starts it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ours = b"x" * (300 * _MIB)
    libc = ctypes.CDLL(None)
    actions = ctypes.create_string_buffer(256)
    libc.posix_spawn_file_actions_init(actions)
    libc.posix_spawn_file_actions_addopen(actions, 0, bytes(pipe), os.O_RDONLY, 0)  # waits for a writer
    arguments = (ctypes.c_char_p * 2)(b"true", None)
    child = ctypes.c_int()
    spawning = threading.Thread(
        target=libc.posix_spawnp,
        args=(ctypes.byref(child), b"true", actions, None, arguments, (ctypes.c_char_p * 1)(None)),
    )
    with watched() as peak:
        spawning.start()
        time.sleep(0.3)
        assert spawning.is_alive(), "the child did not wait"
        pipe.write_bytes(b"")
        spawning.join()
        os.waitpid(child.value, 0)
    assert peak[0] < len(ours) // 2
