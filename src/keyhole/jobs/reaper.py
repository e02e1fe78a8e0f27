"""The thread that keeps work from being lost: it beats, recovers what dead workers ran, and finds forgotten rows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connections

from keyhole.jobs import queueing
from keyhole.jobs.liveness import BEAT_SECONDS, Beacon
from keyhole.jobs.registry import Job, registered

if TYPE_CHECKING:
    from keyhole.jobs.durable import Ledger

log = logging.getLogger("keyhole.jobs")

_LOOK_EVERY = 10
_PRUNE_EVERY = 1200
_KEEP = timedelta(days=7)


class Reaper:
    """One per worker; several do no harm, since everything they do is safe to do twice."""

    def __init__(
        self, worker: str, beacon: Beacon, ledger: Ledger, recover: Callable[[Iterable[str]], int]
    ) -> None:
        self._worker = worker
        self._beacon = beacon
        self._ledger = ledger
        self._recover = recover
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keyhole-reaper", daemon=True)
        self._suspects: frozenset[str] = frozenset()
        self._told: set[str] = set()

    def start(self) -> None:
        """Begins with a whole pass at once, so that a restarted server goes on where it was."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._end.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        passes = 0
        while not self._end.is_set():
            try:
                self._beacon.light(self._worker)
                self.bury()
                if passes % _LOOK_EVERY == 0:
                    self.look()
                if passes % _PRUNE_EVERY == 0:
                    self._ledger.prune(_KEEP)
            except Exception:
                # Whatever it was (a database that is away is back later): without this thread, work gets lost.
                log.exception("the reaper could not do its round; it tries again")
            passes += 1
            self._end.wait(BEAT_SECONDS)
        connections.close_all()

    def bury(self) -> int:
        """Queues again what dead workers were running; returns how many jobs."""
        recorded = self._ledger.workers()
        # Asked for second: a worker that took work after the first question had its light on before the second.
        missing = recorded - self._beacon.alive()
        # A worker that only seems dead because a clock jumped has shown itself by the next round.
        dead = missing if self._beacon.certain else missing & self._suspects
        self._suspects = missing
        if not dead:
            return 0
        recovered = self._recover(sorted(dead))
        log.warning("%d worker(s) ended in the middle; %d job(s) go on", len(dead), recovered)
        return recovered

    def look(self) -> None:
        """Queues rows that are unfinished and that no run is under way for."""
        for job in registered():
            rows = self._unfinished(job)
            under_way = self._ledger.under_way(job.kind) if rows else frozenset()
            for row in rows:
                if row in under_way:
                    continue
                try:
                    self._ensure(job, row)
                except Exception:
                    # One row that nothing can be done for must not keep the others waiting.
                    log.exception("%s %d could not be looked after; it is tried again", job.kind, row)

    def _unfinished(self, job: Job) -> list[int]:
        try:
            return list(job.unfinished())
        except Exception:
            # Nor must one room's trouble, such as a damaged file, keep all the others waiting.
            log.exception("what is to be done for %s could not be found; it is tried again", job.kind)
            return []

    def _ensure(self, job: Job, row: int) -> None:
        given_up = queueing.queue(self._ledger, job, row)
        if not given_up or given_up[-1].name in self._told:
            return
        job.failed(row, f"Given up after {len(given_up)} attempts that ended without a result.")
        self._told.add(given_up[-1].name)
        if not queueing.unfinished(job, row):
            self._ledger.forget(given_up)  # should the row be begun again one day, it is a new beginning
