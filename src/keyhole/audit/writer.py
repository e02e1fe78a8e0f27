"""Recording what tokens do: durable before it returns, and fast because those who wait share one commit.

Whoever comes first writes for everybody who came meanwhile. A thread of its own would do the same with a life to
manage; here the calling thread and its database connection do the work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, transaction

from keyhole.audit.log import Draft, extend
from keyhole.core.errors import Unavailable

_LARGEST_BATCH = 256


@dataclass(slots=True)
class _Waiting:
    draft: Draft
    effect: Callable[[], None] | None
    done: bool = False
    problem: Unavailable | None = None


class GroupWriter:
    """Group commit of audit records with their small effects, such as a token's time of last use."""

    def __init__(self) -> None:
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._writing = threading.Lock()

    def submit(self, draft: Draft, effect: Callable[[], None] | None = None) -> str:
        """Record a draft and carry out its effect in one transaction; returns the id when both are on disk.

        Must not be called inside a transaction. Unavailable when nothing could be written; nothing was done then.
        """
        mine = _Waiting(draft, effect)
        with self._queue_lock:
            self._queue.append(mine)
        with self._writing:
            if not mine.done:
                self._write(self._take(mine))
        if mine.problem is not None:
            raise mine.problem
        return draft.id

    def _take(self, mine: _Waiting) -> list[_Waiting]:
        with self._queue_lock:
            place = self._queue.index(mine)
            first = max(0, place + 1 - _LARGEST_BATCH)
            batch = self._queue[first:first + _LARGEST_BATCH]
            del self._queue[first:first + _LARGEST_BATCH]
        return batch

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            with transaction.atomic(durable=True):
                extend(waiting.draft for waiting in batch)
                for waiting in batch:
                    if waiting.effect is not None:
                        waiting.effect()
        except (DatabaseError, Unavailable) as problem:
            for waiting in batch:
                waiting.problem = Unavailable("The audit log cannot be written, so nothing was done.",
                                              hint=str(problem.__cause__ or problem)[:200])
        for waiting in batch:
            waiting.done = True


_writer = GroupWriter()


def writer() -> GroupWriter:
    """The writer of this process."""
    return _writer
