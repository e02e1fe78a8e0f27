"""Rate limits: 5,000 requests an hour per person over all their tokens, 60 per address without a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from keyhole.testing.github.actors import Actor
from keyhole.testing.github.answers import Problem
from keyhole.testing.github.table import Route

_HOUR = timedelta(hours=1)
_DOC = "https://docs.github.com/rest/overview/resources-in-the-rest-api#rate-limiting"


@dataclass(slots=True)
class _Meter:
    limit: int
    resets_at: datetime
    used: int = 0


@dataclass(slots=True)
class Meters:
    """Who has used how much of which limit."""

    per_person: int = 5000
    per_address: int = 60
    revocations: int = 60
    _meters: dict[str, _Meter] = field(default_factory=dict)

    def count(self, actor: Actor, address: str, route: Route | None, now: datetime) -> dict[str, str]:
        """Counts one request; returns the headers. Raises Problem 403 when the limit is used up."""
        key, limit = self._key(actor, address)
        if route is not None and route.rule.id == "credentials/revoke":
            key, limit = f"revoke {address}", self.revocations
        meter = self._meter(key, limit, now)
        free = route is not None and route.rule.id == "rate-limit/get"
        over = meter.used >= meter.limit
        meter.used += not over and not free
        headers = _headers(meter)
        if over and not free:
            who = f"user ID {actor.user.id}" if actor.user is not None else address
            raise Problem(403, f"API rate limit exceeded for {who}.", headers=headers, doc=_DOC)
        return headers

    def give_back(self, actor: Actor, address: str) -> None:
        """An answer that nothing is new does not count."""
        meter = self._meters.get(self._key(actor, address)[0])
        if meter is not None and meter.used > 0:
            meter.used -= 1

    def give_back_all(self) -> None:
        """Everybody may ask as much as at the beginning."""
        self._meters.clear()

    def state(self, actor: Actor, address: str, now: datetime) -> dict[str, int]:
        """What `GET /rate_limit` says of one limit."""
        key, limit = self._key(actor, address)
        meter = self._meter(key, limit, now)
        return {
            "limit": meter.limit,
            "used": meter.used,
            "remaining": meter.limit - meter.used,
            "reset": int(meter.resets_at.timestamp()),
        }

    def use_up(self, login: str | int, now: datetime) -> None:
        """From now on the person of this id has nothing left until the hour is over."""
        meter = self._meter(f"user {login}", self.per_person, now)
        meter.used = meter.limit

    def _key(self, actor: Actor, address: str) -> tuple[str, int]:
        if actor.user is not None:
            return f"user {actor.user.id}", self.per_person
        if actor.token is not None and actor.token.installation is not None:
            return f"installation {actor.token.installation.id}", self.per_person
        if actor.app is not None:
            return f"app {actor.app.id}", self.per_person
        return f"address {address}", self.per_address

    def _meter(self, key: str, limit: int, now: datetime) -> _Meter:
        meter = self._meters.get(key)
        if meter is None or now >= meter.resets_at or meter.limit != limit:
            meter = self._meters[key] = _Meter(limit, now + _HOUR)
        return meter


def _headers(meter: _Meter) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(meter.limit),
        "X-RateLimit-Remaining": str(meter.limit - meter.used),
        "X-RateLimit-Reset": str(int(meter.resets_at.timestamp())),
        "X-RateLimit-Used": str(meter.used),
        "X-RateLimit-Resource": "core",
    }
