"""Recording what tokens do: durable before it returns, and fast because those who wait share one commit.

Whoever comes first writes for everybody who came meanwhile. A thread of its own would do the same with a life to
manage; here the calling thread and its database connection do the work. A record may be there although its act did
not follow (the process died in between), never the other way round.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error as DatabaseProblem
from django.db import connection, transaction

from keyhole.audit.log import Chain, Draft, not_written
from keyhole.core.errors import KeyholeError, Unavailable

_LARGEST_BATCH = 256
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Work:
    """A record on its way, with what has to happen in the same transaction."""

    draft: Draft
    effect: Effect | None = None
    attached: Any = None
    """Whatever the effect needs to know of this record."""
    done: bool = False
    problem: Unavailable | None = None


Effect = Callable[[Sequence[Work], datetime], None]
"""Called once per commit with all works that have it and the moment that counts as now, before the records are
written. It may look things up, change rows, and replace drafts."""


class GroupWriter:
    """Group commit of audit records with their small effects, such as a token's time of last use."""

    def __init__(self) -> None:
        self._queue: list[Work] = []
        self._queue_lock = threading.Lock()
        self._writing = threading.Lock()

    def submit(self, draft: Draft, effect: Effect | None = None, attached: Any = None) -> str:
        """Record a draft and carry out its effect in one transaction; returns the id when both are on disk.

        Must not be called inside a transaction. Unavailable when nothing could be written; nothing was done then.
        """
        mine = Work(draft, effect, attached)
        with self._queue_lock:
            self._queue.append(mine)
        with self._writing:
            if not mine.done:
                self._write(self._take(mine))
        if mine.problem is not None:
            raise mine.problem
        return mine.draft.id

    def _take(self, mine: Work) -> list[Work]:
        with self._queue_lock:
            place = next(number for number, work in enumerate(self._queue) if work is mine)
            first = max(0, place + 1 - _LARGEST_BATCH)
            batch = self._queue[first:first + _LARGEST_BATCH]
            del self._queue[first:first + _LARGEST_BATCH]
        return batch

    def _write(self, batch: Sequence[Work]) -> None:
        try:
            with transaction.atomic(durable=True):
                chain = Chain()
                for effect in dict.fromkeys(work.effect for work in batch if work.effect is not None):
                    effect([work for work in batch if work.effect == effect], chain.at)
                chain.extend(work.draft for work in batch)
        # Broad, because others wait for what this thread does for them and must be told, whatever went wrong.
        except Exception as problem:  # noqa: BLE001
            _fail(batch, problem)
        for work in batch:
            work.done = True


def _fail(batch: Sequence[Work], problem: Exception) -> None:
    defect = not isinstance(problem, DatabaseProblem | OSError | KeyholeError)
    _logger.error("%d audit records were not written: %s", len(batch), problem, exc_info=problem if defect else None)
    if not connection.in_atomic_block:
        connection.close()  # after a failed flush nothing about it is certain; the next batch opens another one
    for work in batch:
        work.problem = not_written()
        work.problem.__cause__ = problem


_writer = GroupWriter()


def writer() -> GroupWriter:
    """The writer of this process."""
    return _writer
