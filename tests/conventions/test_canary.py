"""The search for planted secrets finds what it must: tried on whole test runs of their own."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest

from tests import canaries

HERE = Path(__file__).resolve().parents[1]


@pytest.fixture
def project(tmp_path):
    """A project of its own with our conftest.py and what it needs, and nothing else."""
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    for name in ("conftest.py", "canaries.py", "leftovers.py"):
        shutil.copy(HERE / name, tmp_path / "tests" / name)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\npythonpath = .\naddopts = --import-mode=importlib -p no:django -p no:cacheprovider\n"
        "markers =\n    loopback: may connect to this machine\n"
    )
    return tmp_path


def run(project, body, *arguments):
    (project / "tests" / "unit" / "test_it.py").write_text("from tests import canaries\n" + body)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != canaries.RUN_FOLDER and not name.startswith("PYTEST_")
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


LEAKS = """
import base64, logging, subprocess, tempfile

def test_a_file(tmp_path):
    (tmp_path / "log").write_text("x" + canaries.plant("a file") + "y")

def test_print():
    print(canaries.plant("what a test printed"))

def test_log():
    logging.getLogger().error(canaries.plant("what was logged"))

def test_child(capfd):
    subprocess.run(["echo", canaries.plant("a child's output")])
    print(capfd.readouterr().out)

def test_temporary():
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(canaries.plant("a temporary file"))

def test_basic(tmp_path):
    pair = "ann:" + canaries.plant("a Basic header")
    (tmp_path / "log").write_text(base64.b64encode(pair.encode()).decode())
"""


# All in one run, as starting one is what takes the time; each leak must be told by name.
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_secret_in_any_output_fails_the_run(project, workers):
    result = run(project, LEAKS, "-n", workers)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout
    assert "6 passed, 1 error" in result.stdout
    told = set(re.findall(r"^(.+): (?:plain|base64) in ", result.stdout, re.MULTILINE))
    planted = {"a file", "what a test printed", "what was logged", "a child's output", "a temporary file"}
    assert told >= planted | {"a Basic header"}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_secret_in_a_planted_folder_is_where_it_belongs(project, workers):
    body = (
        "def test(tmp_path):\n    (tmp_path / 'planted').mkdir()\n"
        "    (tmp_path / 'planted' / 'secrets.env').write_text(canaries.plant('slot'))\n"
    )
    result = run(project, body, "-n", workers)
    assert result.returncode == 0, result.stdout
    assert "canaries: 1 planted secrets, 0 leaks" in result.stdout


def test_the_error_names_the_slot_and_never_the_secret(project):
    result = run(
        project, "def test(tmp_path):\n    print(canaries.watch('slot', 'ghp-made-up-0123456789'))\n"
    )
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "slot: plain in " in result.stdout
    summary = result.stdout[result.stdout.index("= ERRORS =") :]
    assert "ghp-made-up-0123456789" not in summary


def test_unit_tests_have_no_network(project):
    body = (
        "import socket, pytest\n"
        "def test_off():\n    with pytest.raises(AssertionError):\n"
        "        socket.create_connection(('127.0.0.1', 9))\n"
        "@pytest.mark.loopback\ndef test_on():\n    with pytest.raises(OSError):\n"
        "        socket.create_connection(('127.0.0.1', 9))\n"
    )
    result = run(project, body)
    assert result.returncode == 0, result.stdout


def spelled(text):
    raw = text.encode()
    return {
        "plain": raw,
        "hex": raw.hex().encode(),
        "upper hex": raw.hex().upper().encode(),
        "base64 behind 0": base64.b64encode(raw + b"end"),
        "base64 behind 1": base64.b64encode(b"1" + raw + b"en"),
        "base64 behind 2": base64.b64encode(b"12" + raw + b"e"),
        "base64 for URLs": base64.urlsafe_b64encode(b"user:" + raw),
        "url": quote("https://host/?token=" + text, safe="").encode(),
    }


@pytest.mark.parametrize(
    "text", ["abc+/=def?ghi jkl~", "\u00fc\u00ff-umlauts-\u20ac", "q" * 12], ids=["signs", "unicode", "short"]
)
def test_every_spelling_is_found(tmp_path, monkeypatch, text):
    monkeypatch.setenv(canaries.RUN_FOLDER, str(tmp_path))
    canaries.watch("slot", text)
    written = spelled(text)
    for name, content in written.items():
        (tmp_path / name).write_bytes(b"\0before\xff" + content + b"\nafter")
    found = {leak.place.name for leak in canaries.search(tmp_path)}
    assert found >= written.keys()


def test_a_secret_across_two_chunks_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv(canaries.RUN_FOLDER, str(tmp_path))
    monkeypatch.setattr(canaries, "_CHUNK", 64)
    secret = canaries.plant("slot")
    for offset in range(40, 70):
        (tmp_path / str(offset)).write_bytes(b"x" * offset + secret.encode() + b"x" * 100)
    assert len({leak.place for leak in canaries.search(tmp_path)}) == 30


def test_what_is_not_there_is_not_found(tmp_path, monkeypatch):
    monkeypatch.setenv(canaries.RUN_FOLDER, str(tmp_path))
    secret = canaries.plant("slot")
    (tmp_path / "half").write_text(secret[: len(secret) // 2])
    (tmp_path / "packed").write_bytes(zlib.compress(secret.encode() * 3))
    assert canaries.search(tmp_path) == []


def test_a_secret_that_chance_could_write_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(canaries.RUN_FOLDER, str(tmp_path))
    with pytest.raises(ValueError, match="found by chance"):
        canaries.watch("slot", "password")
