"""Jobs: durable, at least once, and nobody's fault is another one's."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from keyhole.core.errors import Conflict
from keyhole.jobs import Interrupted, engine, job, step
from keyhole.jobs.liveness import FileBeacon
from keyhole.jobs.reaper import Reaper
from tests.unit.jobs.room import WAIT, Room


def test_a_job_runs_its_steps_once_and_in_order(room):
    @step
    def first(row):
        room.calls.append(("first", row))

    @step
    def second(row):
        room.calls.append(("second", row))
        room.end(row, "done")

    @room.register
    def errand(row):
        first(row)
        second(row)

    engine.start()
    room.rows[7] = None
    engine.enqueue("errand", 7)
    assert room.ended(7) == "done"
    engine.enqueue("errand", 7)  # once more is not twice
    assert room.calls == [("first", 7), ("second", 7)]


def test_a_row_that_nobody_enqueued_is_found(room):
    @room.register
    def errand(row):
        room.end(row, "done")

    room.rows[3] = None
    engine.enqueue("errand", 3)  # there are no records yet: nothing to write to, and no harm
    engine.start()
    assert room.ended(3) == "done"


def test_what_is_short_does_not_wait_for_what_is_long(room):
    long, begun, over = Room("journey"), threading.Semaphore(0), threading.Event()

    @job("journey", unfinished=long.unfinished, failed=long.end, long=True)
    def journey(row):
        begun.release()
        over.wait(WAIT)
        long.end(row, "done")

    @room.register
    def errand(row):
        room.end(row, "done")

    engine.start()
    long.rows.update({1: None, 2: None, 3: None})
    for row in (1, 2, 3):
        engine.enqueue("journey", row)
    try:
        assert begun.acquire(timeout=WAIT)
        assert begun.acquire(timeout=WAIT)
        room.rows[1] = None
        engine.enqueue("errand", 1)
        assert room.ended(1) == "done"
        assert not begun.acquire(blocking=False), "a third one was begun"
    finally:
        over.set()
    assert long.ended(3) == "done"


def test_an_error_ends_the_row_with_its_message_and_an_unknown_one_without(room, caplog):
    @step
    def fails(row):
        raise (
            Conflict("The repository is gone.") if row == 1 else RuntimeError("token khp_nobody_may_see_this")
        )

    @room.register
    def errand(row):
        fails(row)

    engine.start()
    room.rows.update({1: None, 2: None})
    engine.enqueue("errand", 1)
    engine.enqueue("errand", 2)
    assert room.ended(1) == "The repository is gone."
    assert room.ended(2) == "An unexpected RuntimeError in fails; the server's log has it."
    assert "nobody_may_see_this" in caplog.text, "the text of the error is in the log"
    engine.stop()
    assert b"nobody_may_see_this" not in _records()


def test_a_stopped_worker_leaves_its_job_to_the_next_one_which_repeats_no_ended_step(room):
    begun = threading.Event()

    @step
    def first(row):
        room.calls.append("first")

    @step
    def long(row):
        room.calls.append("long")
        begun.set()
        if room.calls.count("long") == 1:
            while not engine.stopping():
                begun.wait(0.01)
            raise Interrupted
        room.end(row, "done")

    @room.register
    def errand(row):
        first(row)
        long(row)

    room.rows[1] = None
    engine.start()
    engine.enqueue("errand", 1)
    assert begun.wait(WAIT)
    engine.stop()
    assert room.rows[1] is None
    engine.start()
    assert room.ended(1) == "done"
    assert room.calls == ["first", "long", "long"]


def test_work_that_ends_without_ending_its_row_is_given_up_after_some_times(room, monkeypatch):
    @room.register
    def errand(row):
        room.calls.append(row)

    monkeypatch.setattr("keyhole.jobs.reaper.BEAT_SECONDS", 0.05)
    monkeypatch.setattr("keyhole.jobs.reaper._LOOK_EVERY", 1)
    room.rows[1] = None
    engine.start()
    assert room.ended(1) == "Given up after 5 attempts that ended without a result."
    assert room.calls == [1] * 5


def test_a_row_that_cannot_be_looked_after_keeps_no_other_waiting(room, monkeypatch, caplog):
    @room.register
    def errand(row):
        room.end(row, "done")

    original = Reaper._ensure

    def ensure(self, job, row):
        if row == 1:
            raise OSError("no such luck")
        original(self, job, row)

    monkeypatch.setattr(Reaper, "_ensure", ensure)
    room.rows.update({1: None, 2: None})
    engine.start()
    assert room.ended(2) == "done"
    assert "errand 1 could not be looked after" in caplog.text


def test_a_room_that_cannot_say_what_is_to_be_done_keeps_no_other_waiting(room, caplog):
    def broken():
        raise OSError("the index is damaged")

    @job("broken", unfinished=broken, failed=lambda row, reason: None)
    def broken_one(row):
        """Never run."""

    @room.register
    def errand(row):
        room.end(row, "done")

    room.rows[1] = None
    engine.start()
    assert room.ended(1) == "done"
    assert "what is to be done for broken could not be found" in caplog.text


def test_the_records_are_private_and_hold_portable_json_and_no_pickles(room):
    @step
    def only(row):
        room.end(row, "done")

    @room.register
    def errand(row):
        only(row)

    room.rows[1] = None
    engine.start()
    engine.enqueue("errand", 1)
    room.ended(1)
    engine.stop()
    from django.conf import settings

    path = settings.KEYHOLE_DATA / "jobs.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as records:
        assert records.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        kept = records.execute(
            "SELECT name, application_version, serialization FROM workflow_status"
        ).fetchall()
        assert kept == [("errand", "1", "portable_json")]


def test_a_worker_is_seen_while_it_lives_and_not_after(tmp_path):
    mine, theirs = FileBeacon(tmp_path / "workers"), FileBeacon(tmp_path / "workers")
    assert theirs.alive() == frozenset()
    mine.light("1-a")
    mine.light("1-a")
    assert mine.alive() == theirs.alive() == {"1-a"}
    mine.put_out("1-a")
    assert theirs.alive() == frozenset()
    assert list((tmp_path / "workers").iterdir()) == []


def test_two_jobs_of_one_kind_are_refused(room):
    @room.register
    def errand(row):
        """Does nothing."""

    with pytest.raises(ValueError, match="two jobs"):
        job("errand", unfinished=list, failed=room.end)(lambda row: None)


def test_without_an_engine_steps_are_plain_functions(room):
    @step
    def only(row):
        room.calls.append(row)

    only(5)
    assert room.calls == [5]


def _records():
    from django.conf import settings

    return b"".join(path.read_bytes() for path in settings.KEYHOLE_DATA.glob("jobs.sqlite*"))


def test_the_engine_talks_to_nobody_whatever_the_environment_says(tmp_path):
    code = """
import os, socket, sys, threading, time
spoken = []
sys.addaudithook(lambda event, args: spoken.append((event, repr(args))) if event in (
    "socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind") else None)
from django.conf import settings
settings.configure(KEYHOLE_DATA=__import__("pathlib").Path(sys.argv[1]), KEYHOLE_DATABASE_URL="")
from keyhole.jobs import engine, job, step
done = threading.Event()
@step
def only(row): done.set()
@job("errand", unfinished=lambda: [], failed=lambda row, reason: None)
def errand(row): only(row)
engine.start()
engine.enqueue("errand", 1)
assert done.wait(20)
engine.stop()
print([talk for talk in spoken if "AF_UNIX" not in talk[1]])
"""
    # What would make the engine connect to its makers' service, if it were let.
    inviting = {"DBOS__CLOUD": "true", "DBOS__CONDUCTOR_KEY": "k", "DBOS__CONDUCTOR_URL": "wss://127.0.0.1:9/x",
                "DBOS__CONDUCTOR_APP_NAME": "n", "DBOS_CONDUCTOR_KEY": "k", "DBOS__VMID": "v"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, **inviting},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert done.stderr == "", "and says nothing on the console"


def test_commands_that_run_no_job_do_not_pay_for_the_engine():
    code = (
        "import sys, django; django.setup(); from keyhole.scans import services, follow, reports; "
        "print([name for name in ('dbos', 'sqlalchemy', 'hyperscan') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
