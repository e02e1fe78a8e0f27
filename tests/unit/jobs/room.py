"""A room for jobs to work for, and a worker that loses no time."""

import threading
from contextlib import contextmanager

import pytest

from keyhole.jobs import engine, job, registry

WAIT = 20


class Room:
    """A room with rows that are unfinished until somebody ends them."""

    def __init__(self, kind):
        self.kind = kind
        self.rows = {}
        self.calls = []
        self.changed = threading.Condition()

    def end(self, row, how):
        with self.changed:
            self.rows[row] = how
            self.changed.notify_all()

    def unfinished(self):
        return [row for row, how in self.rows.items() if how is None]

    def ended(self, row):
        with self.changed:
            assert self.changed.wait_for(lambda: self.rows[row] is not None, WAIT), "the job did not end"
        return self.rows[row]

    def register(self, function):
        return job(self.kind, unfinished=self.unfinished, failed=self.end)(function)


@contextmanager
def working(settings, folder, *kinds):
    """A real worker for the jobs of these kinds, which looks for rows all the time. Yields a way to await their end."""
    settings.KEYHOLE_DATA = folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_registered", {kind: registry.find(kind) for kind in kinds})
        patch.setattr(registry, "_offered", set())
        patch.setattr("keyhole.jobs.durable._POLL_SECONDS", 0.05)
        patch.setattr("keyhole.jobs.reaper.BEAT_SECONDS", 0.05)
        patch.setattr("keyhole.jobs.reaper._LOOK_EVERY", 1)
        engine.start()
        try:
            yield over
        finally:
            engine.stop()


def over(kind, row, number):
    """Waits until the run of the row with that number is over."""
    for _ in range(WAIT * 100):
        runs = engine._worker.ledger.runs(kind, row)
        if any(run.number == number and not run.open for run in runs):
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{kind} {row} was not run {number} times: {runs}")
