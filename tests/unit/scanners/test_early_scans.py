"""A process that got ready before there was anything to scan does the next scan, if it is of that kind."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path

import pytest

from keyhole.core.secret import Secret
from keyhole.scanners import child, early
from keyhole.scanners.limits import Limits
from keyhole.scanners.registry import chosen
from keyhole.scanners.secrets import own
from tests.unit.scanners.conftest import only

ACME = """
[[rule]]
id = "acme-api-key"
title = "Acme API key"
severity = "high"
confidence = "high"
token = 'acme_[0-9a-f]{32}'
why = "Orders anvils."
fix = "Delete the key."
references = ["https://docs.acme.example/api-keys"]
examples = ["acme_<hex:32>"]
counterexamples = ["acme_<hex:31>"]
"""


def early_process():
    ((process, _told),) = early._waiting
    return process


def test_it_does_the_next_scan_and_is_gone_afterwards(history, token, scan):
    history.commit({"a": token})
    early.start_early()
    process = early_process()
    early.start_early()
    assert early_process() is process
    only(scan(history))
    assert process.returncode is not None
    assert not early._waiting
    only(scan(history))


@pytest.fixture
def ready(tmp_path):
    """A function that has a process get ready for a scan with this key, which is what `scan` has or not."""

    def made(key="of the tests"):
        child.get_ready(hmac_secret=Secret(key), scanners=["secrets"], kept=tmp_path / "kept")
        return early_process()

    return made


def test_one_that_got_ready_for_these_means_does_the_scan(history, token, scan, ready, tmp_path, monkeypatch):
    history.commit({"a": token})
    first = scan(history, kept=tmp_path / "kept")
    history.commit({"b": token})
    process = ready()
    monkeypatch.setattr(child, "started", None)  # no other one is started
    second = scan(history, kept=tmp_path / "kept")
    assert process.returncode is not None
    assert only(second).id == only(first).id
    assert only(second).occurrences == 2
    assert "read by an earlier scan" in second.notes[0]


def test_what_else_looks_at_the_files_makes_no_difference(history, token, scan, ready, tmp_path, monkeypatch):
    history.commit({"a": token})
    process = ready()
    monkeypatch.setattr(child, "started", None)  # no other one is started
    result = scan(history, scanners=["dependencies", "secrets"], kept=tmp_path / "kept")
    assert process.returncode is not None
    assert result.scanners == ("dependencies", "secrets")
    only(result)


def test_one_that_got_ready_for_others_is_ended_unasked(history, token, scan, ready, tmp_path):
    history.commit({"a": token})
    first = scan(history)
    process = ready("another key")
    assert only(scan(history, kept=tmp_path / "kept")).fingerprint == only(first).fingerprint
    assert process.returncode == -signal.SIGKILL
    assert not early._waiting


def test_own_rules_that_changed_meanwhile_are_used(history, scan, ready, tmp_path):
    history.commit({"a": b"acme_" + b"0a1b2c3d4e5f60718293a4b5c6d7e8f9"})
    process = ready()
    own.use([["acme.toml", ACME]])
    try:
        assert only(scan(history, kept=tmp_path / "kept")).rule == "acme-api-key"
    finally:
        own.look_in(None)
    assert process.returncode is not None


def test_one_that_cannot_get_ready_stands_in_nobodys_way(history, scan, ready):
    history.commit({"a": b"1"})
    own.use([["acme.toml", "[[rule"]])
    process = ready()
    own.look_in(None)
    assert process.wait(30) == 1
    assert scan(history).clean


def test_getting_ready_never_stands_in_the_way_of_what_was_found(ready, monkeypatch, tmp_path):
    own.look_in(tmp_path / "was emptied meanwhile")
    try:
        child.get_ready(hmac_secret=Secret("k"), scanners=["secrets"], kept=tmp_path / "kept")
    finally:
        own.look_in(None)
    monkeypatch.setattr(early, "started", None)
    child.get_ready(hmac_secret=Secret("k"), scanners=["not there any more"], kept=None)
    assert not early._waiting


def test_many_own_rules_are_told_when_they_are_needed(history, scan, ready, tmp_path):
    own.use([["acme.toml", ACME + "# " + "x" * (1 << 20)]])
    try:
        history.commit({"a": b"acme_" + b"0a1b2c3d4e5f60718293a4b5c6d7e8f9"})
        process = ready()
        assert early._waiting == [(process, b"")]
        assert only(scan(history, kept=tmp_path / "kept")).rule == "acme-api-key"
    finally:
        own.look_in(None)
    assert process.returncode is not None


def test_that_no_process_is_to_be_had_is_told(history, scan, monkeypatch):
    history.commit({"a": b"1"})

    def refused(*_words):
        raise BlockingIOError

    monkeypatch.setattr(child, "started", refused)
    result = scan(history)
    assert "no process could be started" in result.verdict
    assert not result.clean


def test_it_looks_at_nothing_before_it_is_told_to_begin(history, token, tmp_path):
    history.commit({"a": token})
    means = child._means(Secret("k" * 20), chosen(["secrets"]), None, ())
    order = {"git_dir": str(history.path), "scanners": ["secrets"], "tips": [], "advisories": ""}
    with child._talking(
        means,
        {**order, "memory": "", "relatives": [], "head": False, "limits": {}},
        chosen(["secrets"]),
        Limits(),
        threading.Event(),
    ) as talk:
        history.commit({"b": token})  # before it is told, however late
        talk.begin()
        result, _ = talk.result(lambda _progress: None)
    assert only(result).occurrences == 2


def test_one_that_died_while_it_waited_is_replaced(history, token, scan):
    history.commit({"a": token})
    early.start_early()
    os.kill(early_process().pid, signal.SIGKILL)
    early_process().wait()
    only(scan(history))


def test_one_that_is_not_needed_is_ended(history, token, scan, tmp_path):
    history.commit({"a": token})
    scan(history, kept=tmp_path / "kept")
    early.start_early()
    process = early_process()
    assert "nothing has changed" in scan(history, kept=tmp_path / "kept").notes[0]
    assert process.returncode is not None
    assert not early._waiting


def test_what_we_have_open_is_closed_to_it(history, scan, tmp_path):
    history.commit({"a": b"1"})
    opened = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(opened, True)
    early.start_early()
    link = Path(f"/proc/{early_process().pid}/fd/{opened}")
    try:
        with contextlib.suppress(FileNotFoundError):
            while link.readlink() == tmp_path:
                os.sched_yield()
        assert early_process().poll() is None
        assert scan(history).clean
    finally:
        os.close(opened)
