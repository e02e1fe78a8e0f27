"""Recording what tokens do: durable before it returns, and fast because those who wait share one commit.

Whoever comes first writes for everybody who came meanwhile, then hands over to the first of those who came since. A
thread of its own would do the same with a life to manage; here the calling thread and its database connection do the
work. Each waits for a lock of its own: on one for all, those who are done would queue before the next who works. A
record may be there although its act did
not follow (the process died in between), never the other way round.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
    turn: threading.Event = field(default_factory=threading.Event)
    """Set when it is done, or when its thread is to write."""


Effect = Callable[[Sequence[Work], datetime], None]
"""Called once per commit with all works that have it and the moment that counts as now, before the records are
written. It may look things up, change rows, and replace drafts."""


class GroupWriter:
    """Group commit of audit records with their small effects, such as a token's time of last use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Work] = []
        self._somebody_writes = False

    def submit(self, draft: Draft, effect: Effect | None = None, attached: Any = None) -> str:
        """Record a draft and carry out its effect in one transaction; returns the id when both are on disk.

        Must not be called inside a transaction. Unavailable when nothing could be written; nothing was done then.
        """
        mine = Work(draft, effect, attached)
        with self._lock:
            self._queue.append(mine)
            wait, self._somebody_writes = self._somebody_writes, True
        if wait:
            mine.turn.wait()
        if not mine.done:
            self._lead()
        if mine.problem is not None:
            raise mine.problem
        return mine.draft.id

    def _lead(self) -> None:
        # The thread that leads put the first work in the queue, so that its own is in the batch.
        with self._lock:
            batch, self._queue = self._queue[:_LARGEST_BATCH], self._queue[_LARGEST_BATCH:]
        try:
            self._write(batch)
        finally:
            with self._lock:
                following = self._queue[0] if self._queue else None
                self._somebody_writes = following is not None
            if following is not None:
                following.turn.set()
            for work in batch:
                work.turn.set()

    def _write(self, batch: Sequence[Work]) -> None:
        try:
            connection.close_if_unusable_or_obsolete()
            with transaction.atomic(durable=True):
                chain = Chain()
                for effect in dict.fromkeys(work.effect for work in batch if work.effect is not None):
                    effect([work for work in batch if work.effect == effect], chain.at)
                chain.extend(work.draft for work in batch)
        except BaseException as problem:  # others wait for this thread and must be told, whatever went wrong
            _fail(batch, problem)
            if not isinstance(problem, Exception):
                raise  # the process is being ended
        finally:
            for work in batch:
                work.done = True


def _fail(batch: Sequence[Work], problem: BaseException) -> None:
    defect = not isinstance(problem, DatabaseProblem | OSError | KeyholeError)
    _logger.error(
        "%d audit records were not written: %s", len(batch), problem, exc_info=problem if defect else None
    )
    if not connection.in_atomic_block:
        connection.close()  # after a failed flush nothing about it is certain; the next batch opens another one
    for work in batch:
        work.problem = not_written()
        work.problem.__cause__ = problem


_writer = GroupWriter()


def writer() -> GroupWriter:
    """The writer of this process."""
    return _writer
