"""The choke point of the data plane: who presents a token, and whether what it asks is allowed.

Nothing is cached: a token is read from the database at the start of every request, so that a revocation made by any
process holds at once. Verdicts are on disk before they are returned.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseProblem
from django.db import connection

from keyhole.audit.log import ALLOWED, DENIED, Draft, new_id
from keyhole.audit.writer import writer
from keyhole.core import request as core
from keyhole.core import token_text
from keyhole.core.decide import Allowed, Denied, decide
from keyhole.core.errors import BadCredentials, KeyholeError, Unavailable
from keyhole.core.grant import Grant
from keyhole.core.permissions import PermissionSet
from keyhole.core.secret import Secret
from keyhole.tokens.bounded import Bounded
from keyhole.tokens.models import State, Token
from keyhole.tokens.usage import Use, settle

_BAD = "Bad credentials"
_logger = logging.getLogger(__name__)


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


class NoLongerValid(BadCredentials):
    """The token was valid when the request began and is not any more; on record."""

    def __init__(self, explain: str) -> None:
        super().__init__(_BAD)
        self.explain = explain


class Refused(KeyholeError):
    """A denied request, on record."""

    def __init__(self, denied: Denied, explain: str) -> None:
        super().__init__(_message(denied))
        self.denied = denied
        self.explain = explain
        self.status = denied.status


def _message(denied: Denied) -> str:
    return {401: _BAD, 404: "Not Found"}.get(
        denied.status, "Resource not accessible by personal access token"
    )


def identify(presented: Secret) -> Bearer:
    """Whose token this is. BadCredentials, always in the same words, if it is nobody's that may be used now.

    What is not well formed ends here without a look-up. Unavailable when the database cannot be asked.
    """
    if not token_text.is_well_formed(presented.reveal()):
        raise BadCredentials(_BAD)
    # A kept connection that broke is noticed here and opened anew; no request of Django's begins in this thread.
    connection.close_if_unusable_or_obsolete()
    try:
        token = (
            Token.objects.select_related("user__owner").filter(digest=token_text.hash_of(presented)).first()
        )
    except DatabaseProblem as problem:
        raise Unavailable("Tokens cannot be looked up now.") from problem
    if token is None or token.state is not State.ACTIVE or not token.user.is_active:
        raise BadCredentials(_BAD)
    try:
        rights = token.grant_value()
    except ValueError as problem:
        # Rights that are not understood to the last field allow nothing, and should not exist.
        _logger.critical(
            "the stored rights of token %d are not understood, so it is refused: %s", token.pk, problem
        )
        raise BadCredentials(_BAD) from problem
    return Bearer(token.pk, token.name, token.user_id, token.user.owner.as_core(), token.user.email, rights)


def still_valid(token_id: int) -> bool:
    """Whether a token that was valid is so now; for streams that are still open. Unavailable when nobody knows."""
    connection.close_if_unusable_or_obsolete()
    try:
        token = Token.objects.select_related("user").filter(pk=token_id).first()
    except DatabaseProblem as problem:
        raise Unavailable("Tokens cannot be looked up now.") from problem
    return token is not None and token.state is State.ACTIVE and token.user.is_active


def judge(bearer: Bearer, request: core.Request, circumstances: Circumstances) -> Permit:
    """Decide, write it down, then say so.

    Whether the token is still valid is looked up once more by the transaction that writes, so that in the log no
    allowed act follows the token's revocation. Refused when it is denied; NoLongerValid when the token was revoked,
    expired or lost its user since `identify`; Unavailable when it cannot be written.
    """
    verdict = decide(bearer.grant, request)
    allowed = isinstance(verdict, Allowed)
    draft = Draft(
        action=f"{circumstances.surface}:{'act' if allowed else 'refuse'}",
        outcome=ALLOWED if allowed else DENIED,
        actor=_actor(bearer, circumstances),
        subject=_subject(request, circumstances, verdict),
    )
    use = Use(bearer.token_id, allowed, circumstances.surface, circumstances.address, circumstances.agent)
    explain = writer().submit(draft, settle, use)
    if use.invalid:
        raise NoLongerValid(explain)
    if isinstance(verdict, Denied):
        raise Refused(verdict, explain)
    return Permit(verdict, explain)


def _actor(bearer: Bearer, circumstances: Circumstances) -> dict[str, Any]:
    return {
        "user_id": bearer.user_id,
        "name": bearer.name,
        "via": "token",
        "token_id": bearer.token_id,
        "address": circumstances.address,
    }


def _subject(
    request: core.Request, circumstances: Circumstances, verdict: Allowed | Denied
) -> dict[str, Any]:
    named = [repository for repository in request.repositories if repository is not None]
    subject: dict[str, Any] = {
        "method": circumstances.method,
        "target": circumstances.target[:1000],
        "agent": circumstances.agent[:200],
        "operation": request.operation.id if request.operation else None,
        "repositories": [repository.full_name for repository in named],
        "repository_ids": [repository.id for repository in named],
        "refs": [update.ref for update in request.updates or ()][:50],
    }
    if isinstance(verdict, Denied):
        return {
            **subject,
            "reason": verdict.reason.value,
            "status": verdict.status,
            "detail": verdict.detail,
            "needs": [_words(needed) for needed in verdict.needs],
            "has": _words(verdict.has),
        }
    return {**subject, "used": _words(verdict.used)}


def _words(permissions: PermissionSet) -> dict[str, str]:
    return {name: level.word for name, level in sorted(permissions.items())}


_bounded = Bounded()


def unauthenticated(circumstances: Circumstances, why: str) -> str:
    """Record a request without a valid token; returns its explain id.

    The first 60 of an address in a minute are recorded each; the next recorded one says how many were not.
    """
    number, missed = _bounded.count(circumstances.address)
    if number > _bounded.limit:
        return new_id()
    return writer().submit(
        Draft(
            action=f"{circumstances.surface}:refuse",
            outcome=DENIED,
            actor={"name": "nobody", "via": "token", "address": circumstances.address},
            subject={
                "method": circumstances.method,
                "target": circumstances.target[:1000],
                "agent": circumstances.agent[:200],
                "why": why,
                "status": 401,
                "not_recorded_before": missed,
            },
        )
    )
