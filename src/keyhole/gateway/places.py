"""A bounded number of places for work that costs: threads for blocking calls, children for git transfers.

Who finds no place waits in a bounded queue; who finds that full is told to come back. Nothing grows with the number
of clients.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from keyhole.gateway.errors import TooBusy
from keyhole.gateway.http import LIMITS

T = TypeVar("T")


class Places:
    """So many at once, so many waiting, and not longer than so many seconds."""

    def __init__(self, places: int, queue: int, patience: float) -> None:
        self._free = asyncio.Semaphore(places)
        self._queue = queue
        self._patience = patience
        self._waiting = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Holds a place. Raises TooBusy when none becomes free in time or too many wait already."""
        if self._free.locked() and self._waiting >= self._queue:
            raise TooBusy("Too many transfers are running.", hint="Try again in a few seconds.")
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._patience)
        except TimeoutError:
            raise TooBusy("Too many transfers are running.", hint="Try again in a few seconds.") from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


_threads = ThreadPoolExecutor(LIMITS.calls, thread_name_prefix="gateway")
_calls = {"waiting": 0}
# One event loop serves the gateway, so a semaphore made at import binds to that loop at its first wait.
git_children = Places(LIMITS.git_children, LIMITS.git_queue, LIMITS.git_wait)


async def in_thread(function: Callable[..., T], *args: object) -> T:
    """The result of a blocking call (database, decision, record), made in one of the gateway's threads.

    Cancelling only stops waiting: a decision that has begun is recorded all the same.
    """
    if _calls["waiting"] >= LIMITS.calls + LIMITS.calls_queue:
        raise TooBusy("Too many requests are waiting.", hint="Try again in a few seconds.")
    _calls["waiting"] += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, function, *args)
    finally:
        _calls["waiting"] -= 1
