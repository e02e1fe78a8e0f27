"""Several gits compare commits; silence is given up, and an end in the middle leaves nothing behind."""

from __future__ import annotations

import threading

import pytest

from keyhole.scanners import history as module
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.history import History


def lines_of(changes):
    return [line for _, lines in changes.lines(30) for line in lines if line]


@pytest.mark.parametrize("processes", [1, 3, 100])
def test_every_commit_is_told(history, monkeypatch, processes):
    monkeypatch.setattr(module, "_FEWEST_COMMITS", 2)
    ids = [history.commit({"a": b"%d" % number}).encode() for number in range(5)]
    with History(Git(history.path), ids, processes) as changes:
        lines = lines_of(changes)
    assert sorted(line[:40] for line in lines if not line.startswith(b":")) == sorted(ids)
    assert changes.whole


def test_a_damaged_history_is_not_whole(history):
    ids = [history.commit({"a": b"%d" % number}).encode() for number in range(3)]
    tree = history.git("rev-parse", "main~1^{tree}")
    history.git("repack", "-adq")
    (pack,) = (history.path / "objects/pack").glob("*.pack")
    content = pack.read_bytes()
    for file in (history.path / "objects/pack").iterdir():
        file.unlink()
    history.git("unpack-objects", "-q", stdin=content)
    (history.path / "objects" / tree[:2] / tree[2:]).unlink()
    with History(Git(history.path), ids, 2) as changes:
        lines_of(changes)
    assert not changes.whole


def test_silence_is_given_up_and_leaving_ends_git(history, monkeypatch):
    ids = [history.commit({"a": b"1"}).encode()]
    silent = threading.Event()
    changes = History(Git(history.path), ids, 2)
    monkeypatch.setattr(changes, "_keep", lambda _process, _number: silent.wait(30))
    with changes:
        with pytest.raises(TimeoutError):
            list(changes.lines(0.01))
        silent.set()
    assert all(process.returncode is not None for process in changes._running)


def test_leaving_early_does_not_wait_for_room(history, monkeypatch):
    monkeypatch.setattr(module, "_MOST_CHUNKS", 1)
    monkeypatch.setattr(module, "_CHUNK", 16)
    ids = [history.commit({"a": b"%d" % number}).encode() for number in range(30)]
    with History(Git(history.path), ids, 2) as changes:
        next(changes.lines(30))
    assert not any(thread.is_alive() for thread in changes._threads)
