"""What a job is, said without the engine, so that registering one costs nothing at start-up.

A job is a function of one id, made of steps. Once a step has ended, it is not run again, whatever happens to the
process; a step in the middle of which the process died runs again from its beginning, on any worker. So a step does
something that may be done twice, and what has to be remembered goes into the row, never into a step's result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from importlib import import_module

StepRunner = Callable[[str, Callable[[], None]], None]
"""Runs the named step now, or leaves it out because it has ended before."""

current_runner: ContextVar[StepRunner | None] = ContextVar("keyhole_job_step_runner", default=None)
"""Set by the engine around a job; without one, steps are plain functions (as unit tests want them)."""

_registered: dict[str, Job] = {}
_offered: set[str] = set()


class Interrupted(BaseException):
    """Raised by a step that noticed that this worker is being stopped; the step runs again on another one.

    No Exception, so that no handler on the way, ours or the engine's, takes it for the step's outcome.
    """


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of job."""

    kind: str
    """Name, unique; also how the engine stores it, so it never changes."""
    function: Callable[[int], None]
    """The work, given the id of the room's row."""
    unfinished: Callable[[], Iterable[int]]
    """The ids of rows that ought to be worked on or waiting; asked now and then, so it is a cheap query.

    A query set is one of primary keys, and is asked for a single row where only that one matters.
    """
    failed: Callable[[int, str], None]
    """Told, with a reason for people, when the work raised an error or was given up: ends the row, saying so.

    A row that cannot be ended is given up once more after each further run, of which there is one an hour.
    """
    long: bool = False
    """Whether it may take hours, so that it waits for others of its like, and what is short never waits for it."""


def job(
    kind: str,
    *,
    unfinished: Callable[[], Iterable[int]],
    failed: Callable[[int, str], None],
    long: bool = False,
) -> Callable[[Callable[[int], None]], Callable[[int], None]]:
    """Registers the decorated function as the work of jobs of that kind. See `Job` for the others."""

    def register(function: Callable[[int], None]) -> Callable[[int], None]:
        known = _registered.get(kind)
        if known is not None and known.function is not function:
            raise ValueError(f"two jobs are called {kind!r}")
        _registered[kind] = Job(kind, function, unfinished, failed, long)
        return function

    return register


def step(function: Callable[[int], None]) -> Callable[[int], None]:
    """Makes the decorated function a step of the job that calls it. Its name is stored, so it never changes."""

    @wraps(function)
    def run(row: int) -> None:
        runner = current_runner.get()
        if runner is None:
            function(row)
        else:
            runner(function.__name__, lambda: function(row))

    return run


def offer(module: str) -> None:
    """Names a module that registers jobs. It is imported when jobs are first needed, not at every start-up."""
    _offered.add(module)


def registered() -> tuple[Job, ...]:
    """All jobs there are."""
    for module in sorted(_offered):
        import_module(module)
    return tuple(_registered.values())


def find(kind: str) -> Job:
    """The job of that kind. Raises LookupError."""
    registered()
    return _registered[kind]
