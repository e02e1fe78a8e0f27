"""A row that is worked on again and again gets each of its runs, however long that goes on."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from keyhole.core.errors import Conflict
from keyhole.jobs import engine, job
from tests.unit.jobs.room import WAIT, Room

DAY = 24 * 60 * 60 * 1000


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("keyhole.jobs.durable._POLL_SECONDS", 0.05)
    monkeypatch.setattr("keyhole.jobs.reaper.BEAT_SECONDS", 0.05)
    monkeypatch.setattr("keyhole.jobs.reaper._LOOK_EVERY", 1)
    monkeypatch.setattr("keyhole.jobs.reaper._PRUNE_EVERY", 1)


@pytest.fixture
def next_day(settings):
    """Once the run is over, ages all records, by a day unless told otherwise."""

    def age(by=DAY):
        while any(run.open for run in engine._worker.ledger.runs("errand", 1)):
            threading.Event().wait(0.01)
        with closing(sqlite3.connect(settings.KEYHOLE_DATA / "jobs.sqlite", timeout=20)) as records, records:
            records.execute(
                "UPDATE workflow_status SET created_at = created_at - ?1,"
                " updated_at = updated_at - ?1, completed_at = completed_at - ?1",
                [by],
            )

    return age


def test_thirty_days_in_a_row_each_get_their_run(room, next_day):
    @room.register
    def errand(row):
        room.calls.append(row)
        room.end(row, f"done {len(room.calls)}")

    engine.start()
    for day in range(1, 31):
        room.rows[1] = None
        assert room.ended(1) == f"done {day}"
        next_day()


KILLED = """
import os, signal, sys
from pathlib import Path
from django.conf import settings
settings.configure(KEYHOLE_DATA=Path(sys.argv[1]), KEYHOLE_DATABASE_URL="")
from keyhole.jobs import engine, job, step
@step
def only(row): os.kill(os.getpid(), signal.SIGKILL)
@job("errand", unfinished=lambda: [1], failed=lambda row, reason: None)
def errand(row): only(row)
engine.start()
signal.pause()
"""


def test_a_day_on_which_the_worker_is_killed_in_the_middle_gets_its_run_too(room, next_day, settings):
    @room.register
    def errand(row):
        room.calls.append(row)
        room.end(row, f"done {len(room.calls)}")

    for day in range(1, 9):
        if day in (3, 7):
            killed = subprocess.run(
                [sys.executable, "-c", KILLED, str(settings.KEYHOLE_DATA)], env=os.environ, check=False
            )
            assert killed.returncode == -signal.SIGKILL
        engine.start()
        room.rows[1] = None
        assert room.ended(1) == f"done {day}"
        next_day()
        engine.stop()


def test_a_row_that_is_due_again_and_again_is_run_as_soon_as_it_is_handed_over(room, next_day, monkeypatch):
    @room.register
    def errand(row):
        room.calls.append(row)
        room.end(row, f"put off {len(room.calls)} times")

    monkeypatch.setattr("keyhole.jobs.reaper._LOOK_EVERY", 10_000_000)
    engine.start()
    for time in range(1, 9):
        room.rows[1] = None
        engine.enqueue("errand", 1)
        assert room.ended(1) == f"put off {time} times"
        next_day(by=0)


def test_a_row_that_was_given_up_can_be_begun_anew(room, next_day):
    works = []

    @room.register
    def errand(row):
        if works:
            room.end(row, "done")

    engine.start()
    room.rows[1] = None
    assert room.ended(1) == "Given up after 5 attempts that ended without a result."
    works.append(True)
    room.rows[1] = None
    engine.enqueue("errand", 1)
    assert room.ended(1) == "done"


def test_what_is_given_up_and_cannot_be_ended_is_tried_again_after_an_hour(next_day, caplog):
    room, gave_up, works = Room("errand"), threading.Semaphore(0), []

    def failed(row, reason):
        room.calls.append(reason)
        gave_up.release()

    @job("errand", unfinished=room.unfinished, failed=failed)
    def errand(row):
        if works:
            room.end(row, "done")

    engine.start()
    room.rows[1] = None
    for attempts in (5, 6):
        assert gave_up.acquire(timeout=WAIT)
        assert room.calls[-1] == f"Given up after {attempts} attempts that ended without a result."
        next_day(by=DAY // 24)
    assert gave_up.acquire(timeout=WAIT)
    assert len(room.calls) == 3, "once for each run, and not at each look"
    works.append(True)
    next_day(by=DAY // 24)
    assert room.ended(1) == "done"


def test_a_room_that_fails_to_end_its_row_has_the_reason_in_the_log_and_not_in_the_record(
    room, settings, caplog, next_day
):
    def failed(row, reason):
        room.end(row, reason)
        raise RuntimeError("token khp_nobody_may_see_this")

    @job("errand", unfinished=room.unfinished, failed=failed)
    def errand(row):
        raise Conflict("The repository is gone.")

    engine.start()
    room.rows[1] = None
    assert room.ended(1) == "The repository is gone."
    next_day(by=0)
    engine.stop()
    assert "errand 1 could not be ended" in caplog.text
    assert "nobody_may_see_this" in caplog.text
    records = b"".join(path.read_bytes() for path in settings.KEYHOLE_DATA.glob("jobs.sqlite*"))
    assert b"nobody_may_see_this" not in records


def test_old_records_are_forgotten_however_many_there_are(room, next_day, monkeypatch):
    @room.register
    def errand(row):
        room.end(row, "done")

    monkeypatch.setattr("keyhole.jobs.reaper._PRUNE_EVERY", 10_000_000)
    monkeypatch.setattr("keyhole.jobs.durable._AT_A_TIME", 2)
    engine.start()
    for row in range(1, 6):
        room.rows[row] = None
        assert room.ended(row) == "done"
        while any(run.open for run in engine._worker.ledger.runs("errand", row)):
            threading.Event().wait(0.01)
    next_day(by=8 * DAY)
    assert engine._worker.ledger.prune(timedelta(days=7)) == 5
    assert engine._worker.ledger.prune(timedelta(days=7)) == 0
