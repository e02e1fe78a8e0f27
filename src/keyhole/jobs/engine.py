"""Running jobs in this process, and handing them to whoever runs them.

`start` makes this process a worker: the server does, and so does a command that finds no worker alive. `enqueue` works
in every process. Guarantee: a row that its room calls unfinished is worked on, at least once, by some worker, as soon
as one is alive; a worker that dies leaves its work to the others or to its successor.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from secrets import token_hex
from typing import TYPE_CHECKING

from django.db import connections

from keyhole.core.errors import KeyholeError
from keyhole.jobs import queueing, store
from keyhole.jobs.reaper import Reaper
from keyhole.jobs.registry import Interrupted, Job, current_runner, find, registered

if TYPE_CHECKING:
    from types import ModuleType

log = logging.getLogger("keyhole.jobs")

_DRAIN_SECONDS = 8.0
_START_AGAIN_SECONDS = 15.0
_lock = threading.RLock()
_worker: Worker | None = None


class Worker:
    """This process as a worker: the engine, the reaper, and a way to end both."""

    def __init__(self) -> None:
        self.name = f"{os.getpid()}-{token_hex(8)}"
        self.stopping = threading.Event()
        self._running = 0
        self._changed = threading.Condition()
        store.prepare()
        self.beacon = store.beacon()
        self.beacon.light(self.name)  # before any work is taken: whoever has work and no light counts as dead
        durable = engine()
        try:
            jobs = [(job, self._guarded(job)) for job in registered()]
            self._engine = durable.Worker(store.url(), self.name, jobs)
            self.ledger = durable.Ledger(store.url())
        except BaseException:  # whatever it was: nobody must think that there is a worker
            self.beacon.put_out(self.name)
            raise
        self._reaper = Reaper(self.name, self.beacon, self.ledger, self._engine.recover)
        self._reaper.start()

    def stop(self) -> None:
        """Asks running jobs to let go, waits for them for a while, and ends everything. They go on later, elsewhere."""
        self.stopping.set()
        self._reaper.stop()
        deadline = time.monotonic() + _DRAIN_SECONDS
        with self._changed:
            while self._running and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
        self._engine.close()
        self.ledger.close()
        self.beacon.put_out(self.name)

    def _guarded(self, job: Job) -> Callable[[int], bool]:
        engine_error = engine().EngineError

        def run(row: int) -> bool:
            self._count(1)
            token = current_runner.set(self._step)
            try:
                self._go_on()
                try:
                    job.function(row)
                except engine_error:
                    raise
                except Exception as problem:  # noqa: BLE001 - whatever a job raises ends its row, not the worker
                    job.failed(row, str(problem))
                return not queueing.unfinished(job, row)
            except engine_error:
                raise
            except Exception:
                # As with steps, its text goes to our log and not into the record. The run counts as one in vain.
                log.exception("%s %d could not be ended", job.kind, row)
                return False
            finally:
                current_runner.reset(token)
                connections.close_all()
                self._count(-1)

        return run

    def _step(self, name: str, work: Callable[[], None]) -> None:
        def safe() -> None:
            try:
                work()
            except KeyholeError as problem:
                raise StepFailed(problem.message) from None
            except Exception as problem:
                # The engine keeps what a step raises. Texts of unknown errors may hold anything, so they go to our
                # log, where people look for them, and not into the record.
                log.exception("step %s failed", name)
                reason = f"An unexpected {type(problem).__name__} in {name}; the server's log has it."
                raise StepFailed(reason) from None

        self._go_on()
        engine().run_step(name, safe)

    def _go_on(self) -> None:
        if self.stopping.is_set():
            raise Interrupted

    def _count(self, change: int) -> None:
        with self._changed:
            self._running += change
            self._changed.notify_all()


class StepFailed(Exception):
    """What a step's error is recorded as: a reason for people and nothing else."""


def engine() -> ModuleType:
    """The engine, imported when it is first needed."""
    from keyhole.jobs import durable  # noqa: PLC0415 - 0.4 s that no other command should pay

    return durable


def start() -> None:
    """Makes this process a worker for all jobs registered so far. Does nothing if it is one."""
    global _worker  # noqa: PLW0603 - the engine exists once per process
    with _lock:
        if _worker is None:
            _worker = Worker()


def start_in_the_end(given_up: threading.Event) -> None:
    """As `start`, again after a while if that fails, until it works or `given_up` is set."""
    while not given_up.is_set():
        try:
            start()
        except Exception:
            # Whatever it was may pass; until then nothing is scanned or sent, which nobody must have to guess.
            log.exception("the workers could not start, so nothing is scanned or sent; it is tried again")
            given_up.wait(_START_AGAIN_SECONDS)
        else:
            return


def stop() -> None:
    """Ends this process's worker within some seconds; what it was running is left to be resumed."""
    global _worker  # noqa: PLW0603 - as above
    worker = _worker
    if worker is not None:
        worker.stop()  # outside of the lock: a job that is letting go may still enqueue
        with _lock:
            _worker = None


def stopping() -> bool:
    """Whether this worker is being stopped: a long step then raises `Interrupted` as soon as it can."""
    return _worker is not None and _worker.stopping.is_set()


def somebody_works() -> bool:
    """Whether a worker is alive, in this process or another one."""
    return _worker is not None or bool(store.beacon().alive())


def enqueue(kind: str, row: int) -> None:
    """Has a job of that kind done for that row. Safe to call again, and to forget: the reaper looks for it too.

    Raises LookupError for an unknown kind.
    """
    job = find(kind)
    with _lock:
        if _worker is not None:
            queueing.queue(_worker.ledger, job, row)
            return
    # With no worker anywhere there may be no records to write to either; the next worker begins by looking for rows.
    if not store.beacon().alive():
        return
    ledger = engine().Ledger(store.url())
    try:
        queueing.queue(ledger, job, row)
    finally:
        ledger.close()
