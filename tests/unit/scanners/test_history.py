"""Git compares commits beside the reading; silence is given up, and an end in the middle leaves nothing behind."""

from __future__ import annotations

import threading

import pytest

from keyhole.scanners.gitpipe import Git
from keyhole.scanners.history import History


def nothing():
    return None


def test_every_commit_is_told_parents_first(history):
    ids = [history.commit({"a": b"%d" % number}) for number in range(5)]
    with History(Git(history.path)) as changes:
        lines = list(changes.lines(30, nothing))
    assert [line[:40].decode() for line in lines if line and not line.startswith(b":")] == ids
    assert changes.commits == 5
    assert changes.whole


def test_a_damaged_history_is_not_whole(history):
    for number in range(3):
        history.commit({"a": b"%d" % number})
    tree = history.git("rev-parse", "main~1^{tree}")
    history.git("repack", "-adq")
    (pack,) = (history.path / "objects/pack").glob("*.pack")
    content = pack.read_bytes()
    for file in (history.path / "objects/pack").iterdir():
        file.unlink()
    history.git("unpack-objects", "-q", stdin=content)
    (history.path / "objects" / tree[:2] / tree[2:]).unlink()
    with History(Git(history.path)) as changes:
        list(changes.lines(30, nothing))
    assert not changes.whole


def test_silence_is_given_up_and_leaving_ends_git(history, monkeypatch):
    history.commit({"a": b"1"})
    silent = threading.Event()
    changes = History(Git(history.path))
    monkeypatch.setattr(changes, "_keep", lambda _process: silent.wait(30))
    with changes:
        with pytest.raises(TimeoutError):
            list(changes.lines(0.01, nothing))
        silent.set()
    assert all(process.returncode is not None for process in changes._running)


def test_leaving_early_does_not_wait_for_room(history, monkeypatch):
    monkeypatch.setattr("keyhole.scanners.history._MOST_CHUNKS", 1)
    monkeypatch.setattr("keyhole.scanners.history._CHUNK", 16)
    for number in range(30):
        history.commit({"a": b"%d" % number})
    with History(Git(history.path)) as changes:
        next(changes.lines(30, nothing))
    assert not changes._thread.is_alive()
