"""Shares numbered parts of a task among forked copies of this process.

Forked and not started anew: what was read and compiled before is there already, and the limits that this process laid
on itself hold for its copies. Only pipes are used, since the kernel refuses sockets here.
"""

from __future__ import annotations

import json
import os
import select
from _signal import SIGKILL  # type: ignore[import-not-found]  # what `signal` is made of
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, NoReturn

_NUMBER = 4
MOST_PARTS = 8192
"""As many numbers as surely fit into an empty pipe."""
_CHUNK = 1 << 20
_WAIT_MS = 50


class _Worker(NamedTuple):
    process: int
    answers: int


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Here:
    """The same, done by this process: for so little that starting others takes longer."""

    def __init__(self, parts: int, work: Callable[[int], Any]) -> None:
        self._parts = parts
        self._work = work

    def results(self, waiting: Callable[[], None]) -> Iterator[tuple[int, Any]]:
        """See `Pool.results`."""
        for part in range(self._parts):
            waiting()
            yield part, self._work(part)


@contextmanager
def shared(
    parts: int,
    work: Callable[[int], Any],
    processes: int,
    begin: Callable[[int], None] = lambda _number: None,
) -> Iterator[Pool | Here]:
    """Starts processes that do `work(part)` for each part; they are gone when the block is left.

    Each of them first does `begin(number)` with its own number, from 0. The work's result must be plain JSON. Must be
    called while this process has one thread. With no processes this one does it.
    """
    if not processes:
        yield Here(parts, work)
        return
    pool = Pool(parts, work, processes, begin)
    try:
        yield pool
    finally:
        pool.end()


class Pool:
    """The processes at work; see `shared`."""

    def __init__(
        self, parts: int, work: Callable[[int], Any], processes: int, begin: Callable[[int], None]
    ) -> None:
        if parts > MOST_PARTS:
            raise ValueError(f"at most {MOST_PARTS} parts")
        take, give = os.pipe()
        os.write(give, b"".join(number.to_bytes(_NUMBER, "big") for number in range(parts)))
        self._workers: list[_Worker] = []
        for number in range(min(parts, processes)):
            self._workers.append(self._fork(take, give, work, partial(begin, number)))
        os.close(give)
        os.close(take)

    def _fork(self, take: int, give: int, work: Callable[[int], Any], begin: Callable[[], None]) -> _Worker:
        answers, say = os.pipe()
        process = os.fork()
        if process == 0:
            _serve(take, give, say, work, begin)
        os.close(say)
        return _Worker(process, answers)

    def results(self, waiting: Callable[[], None]) -> Iterator[tuple[int, Any]]:
        """Each part with its result, as they come; parts whose process ended early are missing.

        `waiting` is called every now and then, and may raise.
        """
        poll = select.poll()
        pending: dict[int, list[bytes]] = {}
        for worker in self._workers:
            poll.register(worker.answers, select.POLLIN)
            pending[worker.answers] = []
        while pending:
            waiting()
            for answers, _ in poll.poll(_WAIT_MS):
                chunk = os.read(answers, _CHUNK)
                yield from map(json.loads, _lines(pending[answers], chunk))
                if not chunk:
                    poll.unregister(answers)
                    del pending[answers]

    def end(self) -> None:
        """Kills what still runs and collects it."""
        for worker in self._workers:
            os.kill(worker.process, SIGKILL)  # not collected yet, so the number is still its own
            os.waitpid(worker.process, 0)
            os.close(worker.answers)
        self._workers.clear()


def _lines(pending: list[bytes], chunk: bytes) -> list[bytes]:
    *whole, rest = chunk.split(b"\n")
    if whole:
        whole[0] = b"".join(pending) + whole[0]
        pending.clear()
    pending.append(rest)
    return whole


def _serve(take: int, give: int, say: int, work: Callable[[int], Any], begin: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        os.close(give)
        begin()
        with os.fdopen(say, "wb") as answers:
            while number := os.read(take, _NUMBER):
                part = int.from_bytes(number, "big")
                answers.write(json.dumps([part, work(part)]).encode() + b"\n")
                answers.flush()
        status = 0
    finally:
        os._exit(status)  # whatever happened: this copy must not go on as if it were the original
