"""The engine behind the jobs: DBOS, set up so that it is safe here. Only this module imports it.

Its defaults would store pickles, tie unfinished work to one build of the program, call every worker `local`, start as
many threads as there is work, log to the console and invite people to a hosted service; each is set otherwise below.
It is not imported before there is something to run or to enqueue, since importing it takes 0.4 s.
Source: https://docs.dbos.dev/python/reference/configuration and DBOS 3.4 as installed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, WorkflowStatus, error
from dbos._utils import GlobalParams

from keyhole.jobs.registry import Job

# In its own cloud the engine takes settings from the environment and calls home. No environment may switch that on.
GlobalParams.dbos_cloud = False

LONG, SHORT = "keyhole", "keyhole-short"
"""Two queues: what is short must never wait for what takes hours. Their names are stored."""
VERSION = "1"
"""Pinned: the engine recovers only work of its own version, and an upgrade must not strand what was queued."""
AT_ONCE = {LONG: 2, SHORT: 4}
"""Jobs of each queue that one worker runs at the same time. Long ones have processes of their own at work; short ones
mostly wait for somebody else's answer.
"""
_THREADS = 8
_POLL_SECONDS = 0.25
_RECOVERIES = 50
_AT_A_TIME = 1000
_SCHEMA = "dbos"

EngineError = error.DBOSException
"""Errors of the engine itself, which must pass through a job untouched."""

_OPEN = ["PENDING", "ENQUEUED", "DELAYED"]
_CLOSED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


@dataclass(frozen=True, slots=True)
class Record:
    """What the engine knows of one run of a job."""

    name: str
    """The engine's own id of the run."""
    number: int
    """Which run of its row it is, from 1."""
    open: bool
    """Whether it waits or runs."""
    in_vain: bool
    """Whether it is over and left its row as unfinished as before."""
    changed_at: datetime
    """When it last began, waited or ended."""


def quieten() -> None:
    """Lets the engine log warnings to our own log only, and nothing to the console."""
    log = logging.getLogger("dbos")
    log.setLevel(logging.WARNING)
    if not log.handlers:  # given none, the engine adds one of its own that writes to the console
        log.addHandler(logging.NullHandler())


class Worker:
    """Runs jobs in this process, as the worker of the given name, until closed."""

    def __init__(self, url: str, name: str, jobs: Iterable[tuple[Job, Callable[[int], bool]]]) -> None:
        """The functions tell whether their row is finished now, which is kept with the run."""
        quieten()
        config: DBOSConfig = {
            "name": "keyhole",
            "system_database_url": url,
            "application_version": VERSION,
            "executor_id": name,
            "serializer": DBOSPortableJSONSerializer(),
            "max_executor_threads": _THREADS,
            "sys_db_pool_size": _THREADS,
            "use_listen_notify": False,
            "scheduler_polling_interval_sec": 3600.0,
            "dbos_system_schema": _SCHEMA,
            "enable_otlp": False,
            "conductor_key": None,
            "log_level": "WARNING",
        }
        DBOS(config=config)
        try:
            for job, function in jobs:
                DBOS.workflow(name=job.kind, max_recovery_attempts=_RECOVERIES)(function)
            DBOS.launch()
            for queue, at_once in AT_ONCE.items():
                DBOS.register_queue(queue, worker_concurrency=at_once, polling_interval_sec=_POLL_SECONDS)
        except BaseException:  # whatever it was: the next try needs an engine of its own
            self.close()
            raise

    def recover(self, dead: Iterable[str]) -> int:
        """Puts what these workers were running back into the queue; returns how many."""
        # The one private name used: the public way goes through the hosted service.
        return sum(len(DBOS._recover_pending_workflows([worker])) for worker in dead)  # noqa: SLF001

    def close(self) -> None:
        """Ends the engine's threads. A job still running in this process finds the engine gone at its next step."""
        DBOS.destroy(destroy_registry=True)


class Ledger:
    """The engine's records, to add to and to look at from any process."""

    def __init__(self, url: str) -> None:
        quieten()
        self._client = DBOSClient(
            system_database_url=url,
            serializer=DBOSPortableJSONSerializer(),
            dbos_system_schema=_SCHEMA,
            system_database_pool_size=2,
            application_name="keyhole",
        )

    def enqueue(self, job: Job, row: int, number: int) -> None:
        """Queues the run of the row with that number; nothing happens if there is one."""
        self._client.enqueue(
            {
                "workflow_name": job.kind,
                "queue_name": LONG if job.long else SHORT,
                "workflow_id": f"{_prefix(job.kind, row)}{number}",
                "app_version": VERSION,
                "workflow_id_reuse_policy": "return-existing",
            },
            row,
        )

    def runs(self, kind: str, row: int) -> list[Record]:
        """All runs of the row that are still recorded, oldest first."""
        found = self._client.list_workflows(workflow_id_prefix=_prefix(kind, row), load_input=False)
        return sorted((_record(run) for run in found), key=lambda run: run.number)

    def under_way(self, kind: str) -> frozenset[int]:
        """The rows of that kind of which a run waits or is being done."""
        found = self._client.list_workflows(name=kind, status=_OPEN, load_input=False, load_output=False)
        return frozenset(_row(run) for run in found)

    def forget(self, runs: Iterable[Record]) -> None:
        """Deletes the records of these runs."""
        self._client.delete_workflows([run.name for run in runs])

    def workers(self) -> frozenset[str]:
        """The workers that runs are recorded as being run by, dead or alive."""
        running = self._client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return frozenset(run.executor_id for run in running if run.executor_id)

    def prune(self, older_than: timedelta) -> int:
        """Deletes the records of runs that ended that long ago; returns how many."""
        before, deleted = (datetime.now(UTC) - older_than).isoformat(), 0
        while ended := self._client.list_workflows(
            status=_CLOSED, completed_before=before, limit=_AT_A_TIME, load_input=False, load_output=False
        ):
            self._client.delete_workflows([run.workflow_id for run in ended])
            deleted += len(ended)
        return deleted

    def close(self) -> None:
        """Closes the connections."""
        self._client.destroy()


def migrate(url: str) -> None:
    """Makes or updates the engine's tables. May be run again, and by several processes at once."""
    quieten()
    DBOS.migrate(url, schema=_SCHEMA)


def run_step(name: str, work: Callable[[], None]) -> None:
    """Runs a step of the job that the current thread is in, unless it is recorded as ended."""
    DBOS.run_step({"name": name}, work)


def _record(run: WorkflowStatus) -> Record:
    is_open = run.status in _OPEN
    return Record(
        name=run.workflow_id,
        number=int(run.workflow_id.rpartition("~")[2]),
        open=is_open,
        # Runs from before it was kept have no output, and most of them did what they were for.
        in_vain=not is_open and (run.status != "SUCCESS" or run.output is False),
        changed_at=datetime.fromtimestamp((run.updated_at or 0) / 1000, UTC),
    )


def _prefix(kind: str, row: int) -> str:
    return f"{kind}-{row}~"


def _row(run: WorkflowStatus) -> int:
    return int(run.workflow_id.rpartition("~")[0].rpartition("-")[2])
