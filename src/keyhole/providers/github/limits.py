"""Limits of requests: when GitHub says to come back, and stopping before the last request is spent.

All tokens of a person share one limit (5,000 an hour), so using it up would stop that person's other tools too: a
reserve stays. Times that a server gives are believed within bounds only: a wrong clock, or a joke, must not park a
connection for ten years.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from keyhole.providers.outgoing import Headers

LONGEST_WAIT = timedelta(hours=1)
"""The window of GitHub's limits: nothing needs to wait longer."""
_UNSAID = timedelta(minutes=1)
"""What GitHub asks to wait when it names no time."""
RESERVE = 0.05
"""Share of a limit that is left for others."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of one limit."""

    limit: int
    remaining: int
    until: datetime
    """When it is renewed."""


class Limits:
    """What the answers to one credential told about its limits, one for each resource. Threads may share it."""

    def __init__(self, reserve: float = RESERVE) -> None:
        """`reserve`: share of each limit that is not used, from 0 to 1."""
        self._reserve = reserve
        self._known: dict[str, Budget] = {}
        self._lock = threading.Lock()

    def note(self, headers: Headers, now: datetime) -> None:
        """Take in what an answer says."""
        limit, remaining = _number(headers, "x-ratelimit-limit"), _number(headers, "x-ratelimit-remaining")
        if limit is None or remaining is None:
            return
        resource = headers.get("x-ratelimit-resource", "core")[:40]
        with self._lock:
            self._known[resource] = Budget(limit, remaining, reset_at(headers, now))

    def exhausted(self, resource: str, now: datetime) -> Budget | None:
        """The budget of which only the reserve is left; None when a request may be made."""
        with self._lock:
            budget = self._known.get(resource)
        if budget is None or now >= budget.until or budget.remaining > budget.limit * self._reserve:
            return None
        return budget

    def budgets(self) -> dict[str, Budget]:
        """All that is known, by resource."""
        with self._lock:
            return dict(self._known)


def reset_at(headers: Headers, now: datetime) -> datetime:
    """When a limit is renewed, from `x-ratelimit-reset`; after the usual minute when that makes no sense."""
    seconds = _number(headers, "x-ratelimit-reset")
    if seconds is None or seconds > 10**11:
        return now + _UNSAID
    return _bounded(datetime.fromtimestamp(seconds, UTC), now)


def retry_at(headers: Headers, now: datetime) -> datetime:
    """When to ask again, from `retry-after`: seconds or a date; after the usual minute when it is neither."""
    seconds = _number(headers, "retry-after")
    if seconds is not None:
        return _bounded(now + timedelta(seconds=min(seconds, 10**6)), now)
    try:
        named = parsedate_to_datetime(headers.get("retry-after"))
    except ValueError:
        return now + _UNSAID
    return _bounded(named if named.tzinfo else named.replace(tzinfo=UTC), now)


def _bounded(at: datetime, now: datetime) -> datetime:
    return min(max(at, now), now + LONGEST_WAIT)


def _number(headers: Headers, name: str) -> int | None:
    text = headers.get(name).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None
