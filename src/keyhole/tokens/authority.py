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
from django.db.models import Q
from django.utils import timezone

from keyhole.audit.log import ALLOWED, DENIED, Draft, new_id
from keyhole.audit.writer import writer
from keyhole.core import request as core
from keyhole.core import token_text
from keyhole.core.decide import Allowed, Denied, decide
from keyhole.core.errors import BadCredentials, KeyholeError, PermissionDenied, Unavailable
from keyhole.core.grant import Grant, load
from keyhole.core.permissions import PermissionSet
from keyhole.core.secret import Secret
from keyhole.tokens.bounded import Bounded
from keyhole.tokens.models import SeenKind, State, Text, Token, Withheld
from keyhole.tokens.standing import STANDING, WITHHELD, Standing, standing_of
from keyhole.tokens.usage import REPLACED, Use, settle

_BAD = "Bad credentials"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A token by one of its texts: what open work goes on by."""

    token_id: int
    digest: bytes | None = None
    """Of the text; None when the token as such is meant."""


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
    digest: bytes
    """Of the text that was presented: while a token is rotated, it has two."""

    @property
    def held(self) -> Held:
        """What work that this request begins goes on by."""
        return Held(self.token_id, self.digest)


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


class Known(KeyholeError):
    """A token that exists and allows nothing now; whoever holds it is told more than a stranger."""

    who: tuple[int, int, str] = (0, 0, "")
    """Id of the token, of its user, and its name, for the record."""
    digest = b""
    explain = ""


class TokenPaused(PermissionDenied, Known):
    """The token is paused. Not 401: git would have the credential forgotten that is good again tomorrow."""

    def __init__(self) -> None:
        super().__init__(
            "This token is paused, so nothing is allowed with it.",
            hint="The person who generated it, or an owner of this Keyhole, can resume it.",
        )


class TokenWithheld(PermissionDenied, Known):
    """The token waits for approval, goes beyond a policy, or is more than its person's role includes now."""

    def __init__(self, why: str) -> None:
        message, hint = WITHHELD.get(why, WITHHELD[Withheld.POLICY.value])
        super().__init__(message, hint=hint)


class TextReplaced(BadCredentials, Known):
    """The token was rotated, and this is its text from before."""

    def __init__(self) -> None:
        super().__init__(_BAD)


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
    digest = token_text.hash_of(presented)
    try:
        # Nearly always it is the current text. If not, all three are asked for in one look-up: between two, a first
        # use could turn the new text into the current one.
        found = _look_up(Q(digest=digest)) or _look_up(
            Q(digest=digest) | Q(next_digest=digest) | Q(previous_digest=digest)
        )
    except DatabaseProblem as problem:
        raise Unavailable("Tokens cannot be looked up now.") from problem
    if found is None:
        raise BadCredentials(_BAD)
    standing, (name, user_id, email, stored, owner_id, login, kind) = found
    _check(standing, digest, (standing.token_id, user_id, name))
    try:
        rights = load(stored)
    except ValueError as problem:
        # Rights that are not understood to the last field allow nothing, and should not exist.
        _logger.critical(
            "the stored rights of token %d are not understood, so it is refused: %s",
            standing.token_id,
            problem,
        )
        raise BadCredentials(_BAD) from problem
    owner = core.Owner(owner_id, login, core.OwnerKind(kind))
    return Bearer(standing.token_id, name, user_id, owner, email, rights, digest)


_OF_THE_BEARER = (
    "name",
    "user_id",
    "user__email",
    "grant",
    "user__owner_id",
    "user__owner__login",
    "user__owner__kind",
)


def _look_up(condition: Q) -> tuple[Standing, tuple[Any, ...]] | None:
    # Columns by name: for whole rows, putting the query together took longer than answering it.
    rows = list(Token.objects.filter(condition).values_list(*STANDING, *_OF_THE_BEARER)[:1])
    return (Standing(*rows[0][: len(STANDING)]), rows[0][len(STANDING) :]) if rows else None


def _check(standing: Standing, digest: bytes, who: tuple[int, int, str]) -> None:
    now = timezone.now()
    state = standing.state(now)
    if not standing.user_active or state not in (State.ACTIVE, State.PAUSED):
        raise BadCredentials(_BAD)
    if standing.text(digest, now) is Text.ENDED:
        raise _known(TextReplaced(), who, digest)
    if state is State.PAUSED:
        raise _known(TokenPaused(), who, digest)
    if standing.withheld:
        raise _known(TokenWithheld(standing.withheld), who, digest)


def _known(problem: Known, who: tuple[int, int, str], digest: bytes) -> Known:
    problem.who, problem.digest = who, digest
    return problem


def still_valid(held: Held) -> bool:
    """Whether work that began with a token may go on. Unavailable when nobody knows.

    Work that began with a text that a rotation has ended since may run on for a while: replacing a text must not
    tear what was begun with it. Pausing and revoking do.
    """
    connection.close_if_unusable_or_obsolete()
    try:
        token = Token.objects.select_related("user").filter(pk=held.token_id).first()
    except DatabaseProblem as problem:
        raise Unavailable("Tokens cannot be looked up now.") from problem
    if token is None or token.state is not State.ACTIVE or not token.user.is_active:
        return False
    if standing_of(token).withheld:
        return False
    return held.digest is None or token.carries(held.digest, timezone.now())


def judge(bearer: Bearer, request: core.Request, circumstances: Circumstances) -> Permit:
    """Decide, write it down, then say so.

    Whether the token is still valid is looked up once more by the transaction that writes, so that in the log no
    allowed act follows the token's revocation. Refused when it is denied; NoLongerValid or TokenPaused when the token
    ended or was paused since `identify`; Unavailable when it cannot be written.
    """
    verdict = decide(bearer.grant, request)
    allowed = isinstance(verdict, Allowed)
    draft = Draft(
        action=f"{circumstances.surface}:{'act' if allowed else 'refuse'}",
        outcome=ALLOWED if allowed else DENIED,
        actor=_actor((bearer.token_id, bearer.user_id, bearer.name), circumstances),
        subject=_subject(request, circumstances, verdict),
    )
    use = Use(
        bearer.token_id,
        allowed,
        circumstances.surface,
        circumstances.address,
        circumstances.agent,
        bearer.digest,
        _seen(request, verdict),
    )
    explain = writer().submit(draft, settle, use)
    if use.invalid == State.PAUSED:
        paused = TokenPaused()
        paused.explain = explain
        raise paused
    if use.invalid in WITHHELD:
        withheld = TokenWithheld(use.invalid)
        withheld.explain = explain
        raise withheld
    if use.invalid:
        raise NoLongerValid(explain)
    if isinstance(verdict, Denied):
        raise Refused(verdict, explain)
    return Permit(verdict, explain)


def _seen(request: core.Request, verdict: Allowed | Denied) -> tuple[tuple[SeenKind, str], ...]:
    if isinstance(verdict, Denied):
        return ()
    return (
        (SeenKind.OPERATION, verdict.operation.id),
        *((SeenKind.PERMISSION, f"{name}:{level.word}") for name, level in verdict.used.items()),
        *((SeenKind.REPOSITORY, str(each.id)) for each in request.repositories if each is not None),
    )


def _actor(who: tuple[int, int, str], circumstances: Circumstances) -> dict[str, Any]:
    token_id, user_id, name = who
    return {
        "user_id": user_id,
        "name": name,
        "via": "token",
        "token_id": token_id,
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


def refuse_known(problem: Known, circumstances: Circumstances) -> str:
    """Record a request with a token that is paused, or with its text from before a rotation; returns its explain id.

    Counted as a denial of that token, so that its page shows who still knocks. Bounded as `unauthenticated` is.
    """
    number, missed = _bounded.count(circumstances.address)
    if number > _bounded.limit:
        return new_id()
    token_id = problem.who[0]
    use = Use(
        token_id, False, circumstances.surface, circumstances.address, circumstances.agent, problem.digest
    )
    return writer().submit(
        Draft(
            action=f"{circumstances.surface}:refuse",
            outcome=DENIED,
            actor=_actor(problem.who, circumstances),
            subject={
                "method": circumstances.method,
                "target": circumstances.target[:1000],
                "agent": circumstances.agent[:200],
                "reason": REPLACED if isinstance(problem, TextReplaced) else State.PAUSED.value,
                "status": problem.status,
                "not_recorded_before": missed,
            },
        ),
        settle,
        use,
    )


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
