"""Workers that cannot start say so and try again; what is damaged and of little worth is put aside."""

import threading

import pytest

from keyhole.jobs import engine, store
from tests.unit.jobs.room import WAIT


@pytest.fixture
def errand(room):
    room.register(lambda row: room.end(row, "done"))
    room.rows[1] = None
    return room


@pytest.fixture
def path(settings):
    return settings.KEYHOLE_DATA / "jobs.sqlite"


def test_records_that_are_no_database_are_put_aside(errand, path, caplog):
    path.write_bytes(b"garbage" * 1000)
    engine.start()
    assert errand.ended(1) == "done"
    assert path.with_name("jobs.sqlite.damaged").read_bytes() == b"garbage" * 1000
    assert "jobs.sqlite is damaged (file is not a database)" in caplog.text


@pytest.mark.parametrize("broken", ["keyhole.jobs.durable.DBOS.launch", "keyhole.jobs.store.prepare"])
def test_a_start_that_fails_is_told_and_made_again(errand, monkeypatch, caplog, broken):
    tried, ending = threading.Event(), threading.Event()

    def fails():
        tried.set()
        raise OSError("the disk is full")

    monkeypatch.setattr("keyhole.jobs.engine._START_AGAIN_SECONDS", 0.1)
    with monkeypatch.context() as patched:
        patched.setattr(broken, fails)
        thread = threading.Thread(target=engine.start_in_the_end, args=[ending])
        thread.start()
        assert tried.wait(WAIT)
        tried.clear()
        assert tried.wait(WAIT), "it was not tried again"
        assert engine._worker is None
    thread.join(WAIT)
    assert errand.ended(1) == "done"
    assert "the workers could not start, so nothing is scanned or sent" in caplog.text


def test_where_none_could_start_nobody_seems_to_work(monkeypatch):
    def fails():
        raise OSError("the disk is full")

    monkeypatch.setattr("keyhole.jobs.durable.DBOS.launch", fails)
    with pytest.raises(OSError, match="the disk is full"):
        engine.start()
    assert not engine.somebody_works()
    assert store.beacon().alive() == frozenset()


def test_a_server_that_ends_meanwhile_waits_for_none(monkeypatch):
    tried, ending = threading.Event(), threading.Event()

    def fails():
        tried.set()
        raise OSError("the disk is full")

    monkeypatch.setattr(store, "prepare", fails)
    thread = threading.Thread(target=engine.start_in_the_end, args=[ending])
    thread.start()
    assert tried.wait(WAIT)
    ending.set()
    thread.join(WAIT)
    assert not thread.is_alive()
