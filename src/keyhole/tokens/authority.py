"""The choke point of the data plane: who presents a token, and whether what it asks is allowed.

Nothing is cached: a token is read from the database at the start of every request, so that a revocation made by any
process holds at once. Verdicts are on disk before they are returned.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from keyhole.audit.log import ALLOWED, DENIED, Draft, new_id
from keyhole.audit.writer import writer
from keyhole.core import request as core
from keyhole.core import token_text
from keyhole.core.decide import Allowed, Denied, decide
from keyhole.core.errors import BadCredentials, KeyholeError, Unavailable
from keyhole.core.grant import Grant
from keyhole.core.permissions import PermissionSet
from keyhole.core.secret import Secret
from keyhole.tokens.models import State, Token

_BAD = "Bad credentials"
_EACH_PER_MINUTE = 60
_ADDRESSES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who presented a token, as it stood when the request began."""

    token_id: int
    name: str
    """The token's name."""
    user_id: int
    user_owner: core.Owner
    """The person as an account; `GET /user` answers with it."""
    user_email: str
    grant: Grant


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a request came, for the record."""

    surface: str
    """`rest`, `git` or `scan`."""
    method: str
    target: str
    """Path and query as they were sent; canonical, so it holds no credential."""
    address: str
    agent: str
    """What the client says it is; believed by nobody."""


@dataclass(frozen=True, slots=True)
class Permit:
    """An allowed request, on record."""

    verdict: Allowed
    id: str
    """The explain id."""


class Refused(KeyholeError):
    """A denied request, on record."""

    def __init__(self, denied: Denied, explain: str) -> None:
        super().__init__(_message(denied))
        self.denied = denied
        self.explain = explain
        self.status = denied.status


def _message(denied: Denied) -> str:
    return {401: _BAD, 404: "Not Found"}.get(denied.status, "Resource not accessible by personal access token")


def identify(presented: Secret) -> Bearer:
    """Whose token this is. BadCredentials, always in the same words, if it is nobody's that may be used now.

    What is not well formed ends here without a look-up. Unavailable when the database cannot be asked.
    """
    if not token_text.is_well_formed(presented.reveal()):
        raise BadCredentials(_BAD)
    try:
        token = Token.objects.select_related("user__owner").filter(digest=token_text.hash_of(presented)).first()
    except DatabaseError as problem:
        raise Unavailable("Tokens cannot be looked up now.") from problem
    if token is None or token.state is not State.ACTIVE or not token.user.is_active:
        raise BadCredentials(_BAD)
    try:
        rights = token.grant_value()
    except ValueError as problem:
        raise BadCredentials(_BAD) from problem  # rights that are not understood to the last field allow nothing
    return Bearer(token.pk, token.name, token.user_id, token.user.owner.as_core(), token.user.email, rights)


def still_valid(token_id: int) -> bool:
    """Whether a token that was valid is so now; for streams that are still open."""
    token = Token.objects.select_related("user").filter(pk=token_id).first()
    return token is not None and token.state is State.ACTIVE and token.user.is_active


def judge(bearer: Bearer, request: core.Request, circumstances: Circumstances) -> Permit:
    """Decide, write it down, then say so. Refused when it is denied; Unavailable when it cannot be written."""
    verdict = decide(bearer.grant, request)
    if isinstance(verdict, Allowed) and not still_valid(bearer.token_id):
        raise BadCredentials(_BAD)  # revoked since the request began, for example during a long push
    allowed = isinstance(verdict, Allowed)
    draft = Draft(action=f"{circumstances.surface}:{'act' if allowed else 'refuse'}",
                  outcome=ALLOWED if allowed else DENIED, actor=_actor(bearer, circumstances),
                  subject=_subject(request, circumstances, verdict))
    explain = writer().submit(draft, _usage(bearer.token_id, circumstances, allowed=allowed))
    if isinstance(verdict, Denied):
        raise Refused(verdict, explain)
    return Permit(verdict, explain)


def _actor(bearer: Bearer, circumstances: Circumstances) -> dict[str, Any]:
    return {"user_id": bearer.user_id, "name": bearer.name, "via": "token", "token_id": bearer.token_id,
            "address": circumstances.address}


def _subject(request: core.Request, circumstances: Circumstances, verdict: Allowed | Denied) -> dict[str, Any]:
    named = [repository for repository in request.repositories if repository is not None]
    subject: dict[str, Any] = {
        "method": circumstances.method, "target": circumstances.target[:1000], "agent": circumstances.agent[:200],
        "operation": request.operation.id if request.operation else None,
        "repositories": [repository.full_name for repository in named],
        "repository_ids": [repository.id for repository in named],
        "refs": [update.ref for update in request.updates or ()][:50],
    }
    if isinstance(verdict, Denied):
        return {**subject, "reason": verdict.reason.value, "status": verdict.status, "detail": verdict.detail,
                "needs": [_words(needed) for needed in verdict.needs], "has": _words(verdict.has)}
    return {**subject, "used": _words(verdict.used)}


def _words(permissions: PermissionSet) -> dict[str, str]:
    return {name: level.word for name, level in sorted(permissions.items())}


def _usage(token_id: int, circumstances: Circumstances, *, allowed: bool) -> Callable[[], None]:
    now = timezone.now()

    def apply() -> None:
        row = Token.objects.filter(pk=token_id)
        if allowed:
            row.update(requests=F("requests") + 1, last_used_at=now, last_used_address=circumstances.address[:64],
                       last_used_agent=circumstances.agent[:200])
        else:
            row.update(denials=F("denials") + 1)

    return apply


class _Bounded:
    """Counts refusals per address and minute, so that guessing cannot fill the disk with records."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def count(self, address: str) -> tuple[int, int]:
        """How many there were in this minute with this one, and how many went unrecorded in the one before."""
        minute = int(self._clock() // 60)
        with self._lock:
            known_minute, number = self._seen.pop(address, (minute, 0))
            missed = max(0, number - _EACH_PER_MINUTE) if known_minute != minute else 0
            number = number + 1 if known_minute == minute else 1
            self._seen[address] = (minute, number)
            while len(self._seen) > _ADDRESSES_KEPT:
                self._seen.popitem(last=False)
        return number, missed


_bounded = _Bounded()


def unauthenticated(circumstances: Circumstances, why: str) -> str:
    """Record a request without a valid token; returns its explain id.

    The first 60 of an address in a minute are recorded each; the next recorded one says how many were not.
    """
    number, missed = _bounded.count(circumstances.address)
    if number > _EACH_PER_MINUTE:
        return new_id()
    return writer().submit(Draft(
        action=f"{circumstances.surface}:refuse", outcome=DENIED,
        actor={"name": "nobody", "via": "token", "address": circumstances.address},
        subject={"method": circumstances.method, "target": circumstances.target[:1000],
                 "agent": circumstances.agent[:200], "why": why, "status": 401, "not_recorded_before": missed}))
