"""`keyhole sandbox` as a new user runs it: it says where it is, serves, and is gone when stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

COMMAND = [sys.executable, "-m", "keyhole.cli", "sandbox"]


@contextmanager
def running(*options):
    process = subprocess.Popen(
        [*COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def spoken_json(process):
    """The first JSON document that it prints; it keeps running."""
    text = ""
    while not text.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        text += line
    return json.loads(text)


def test_it_says_where_it_is_and_leaves_nothing_behind():
    before = set(Path(os.environ["TMPDIR"]).glob("sandbox-github-*"))
    with running("--listen", "127.0.0.1:0", "--json") as process:
        said = spoken_json(process)
        with urllib.request.urlopen(f"{said['api_url']}/meta") as answer:
            assert json.loads(answer.read())["keyhole_sandbox"] is True
        assert said["users"] == ["alice", "bob"]
        assert said["new_token_url"].startswith(said["url"])
        taken = said["url"].removeprefix("http://")
        again = subprocess.run(
            [*COMMAND, "--listen", taken], capture_output=True, text=True, timeout=60, check=False
        )
        assert again.returncode == 4
        assert "cannot listen" in again.stderr
    assert set(Path(os.environ["TMPDIR"]).glob("sandbox-github-*")) == before


def test_wrong_usage_is_told_what_is_right():
    for options in (["--listen", "here"], ["--listen", "127.0.0.1:99999"], ["--key", __file__]):
        done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert "Error: " in done.stderr
