"""Work for a client that may go away, with a token that may be revoked: both end the work, and what it started."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from django.db import DatabaseError

from keyhole.core.errors import BadCredentials, Unavailable
from keyhole.gateway.body import Body, ClientGone
from keyhole.gateway.places import in_thread
from keyhole.tokens.authority import Held, still_valid

_log = logging.getLogger(__name__)
T = TypeVar("T")

EVERY = 2.0
"""Seconds between two looks at the token of open work: revocation must show within 5."""


async def watched(work: Coroutine[Any, Any, T], body: Body, held: Held | None) -> T:
    """The result of the work.

    ClientGone or BadCredentials, with the work cancelled and cleaned up, if the client or its token ends first.
    """
    doing = asyncio.create_task(work)
    leaving = asyncio.create_task(_until_gone(body))
    watching = {leaving}
    if held is not None:
        watching.add(asyncio.create_task(_until_revoked(held)))
    try:
        await asyncio.wait({doing, *watching}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        if leaving.done():
            raise ClientGone
        raise BadCredentials("Bad credentials")
    finally:
        for task in (doing, *watching):
            task.cancel()
        await asyncio.gather(doing, *watching, return_exceptions=True)


async def _until_gone(body: Body) -> None:
    await body.finished.wait()
    await body.gone()


async def _until_revoked(held: Held) -> None:
    """Returns when the token is known to have ended, or when that could not be found out for too long."""
    known_at = time.monotonic()  # the request was identified a moment ago
    while time.monotonic() - known_at < 2 * EVERY:
        await asyncio.sleep(EVERY)  # another process may revoke, and nothing tells us
        try:
            if not await in_thread(still_valid, held):
                return
            known_at = time.monotonic()
        except (Unavailable, DatabaseError) as problem:
            _log.warning("the token of open work could not be looked up: %s", problem)
