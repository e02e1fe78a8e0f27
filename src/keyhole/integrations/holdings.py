"""One token as its holder sees it: what it reaches, whether it is used and how it fares. A query over other rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from keyhole.accounts.services import require
from keyhole.audit.models import Entry
from keyhole.core.caller import Caller
from keyhole.core.grant import Access, Grant
from keyhole.core.permissions import Level, vocabulary
from keyhole.core.summary import capitalised
from keyhole.repositories.models import Repository
from keyhole.tokens import services as tokens
from keyhole.tokens.models import Purpose, State, Token

EXPIRING = timedelta(days=7)
"""How long before its end a token counts as expiring."""


class Health(StrEnum):
    """How a token, or the integration that holds it, fares; the first that applies, worst first."""

    BROKEN = "broken"
    """Its rights cannot be read any more, so everything is denied."""
    EXPIRED = "expired"
    PAUSED = "paused"
    EXPIRING = "expiring"
    REFUSED = "refused"
    """More of its requests were denied than allowed."""
    ENDED = "ended"
    """It was revoked; of an integration: it holds no token any more."""
    UNUSED = "unused"
    """Never used so far."""
    WORKING = "working"


DEAD = frozenset({Health.BROKEN, Health.EXPIRED, Health.PAUSED, Health.ENDED})
"""Nothing is allowed with a token that fares so."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A token in the hands of an external system."""

    token: Token
    access: Access | None
    """None when the token's rights cannot be read."""
    owner: str
    """Login of the resource owner."""
    repositories: tuple[str, ...]
    """Full names of those it selects and that are connected, sorted."""
    gone: int
    """How many of those it selects are not connected any more."""
    permissions: tuple[tuple[str, Level], ...]
    """Title and level of each permission it holds, highest level first."""
    health: Health

    @property
    def writes(self) -> bool:
        """Whether any of its permissions is more than read."""
        return any(level > Level.READ for _, level in self.permissions)

    @property
    def reach_line(self) -> str:
        """`reach` as a line of its own: a name stays as it is, words begin large."""
        return self.reach if len(self.repositories) == 1 else capitalised(self.reach)

    @property
    def reach(self) -> str:
        """What it reaches, in a few words; one repository by its name."""
        match self.access:
            case None:
                return "nothing"
            case Access.PUBLIC:
                return "public repositories only"
            case Access.ALL:
                return f"all repositories of {self.owner}"
            case Access.SELECTED:
                return (
                    self.repositories[0]
                    if len(self.repositories) == 1
                    else f"{len(self.repositories)} repositories"
                )


def holdings(caller: Caller, *, include_revoked: bool = False) -> list[Holding]:
    """Every token that the caller may see but those of scans, newest first; revoked ones on request."""
    require(caller, "integration:read")
    held = [
        token
        for token in tokens.list_tokens(caller, include_revoked=include_revoked)
        if token.purpose != Purpose.SCAN
    ]
    return _holdings(held)


def holding_of(caller: Caller, token_id: int) -> Holding:
    """One token as its holder sees it, revoked or not. NotFound as for the token."""
    require(caller, "integration:read")
    return _holdings([tokens.get(caller, token_id)])[0]


def reached(found: list[Holding], connected: list[Repository]) -> set[str]:
    """Full names of those connected repositories that at least one of the tokens reaches while it is valid."""
    names: set[str] = set()
    for each in found:
        if each.health not in DEAD:
            names.update(row.full_name for row in connected if reaches(each, row))
    return names


def reaches(found: Holding, row: Repository) -> bool:
    """Whether the token reaches the repository by more than its being public."""
    if found.access is Access.ALL:
        return found.owner == row.owner.login
    return row.full_name in found.repositories


def recent_denials(caller: Caller, token_id: int, most: int = 10) -> list[Entry]:
    """The newest records of what was denied to a token. NotFound as for the token."""
    token = tokens.get(caller, token_id)
    return list(Entry.objects.filter(token_id=token.pk, outcome="denied").order_by("-seq")[:most])


def _holdings(held: list[Token]) -> list[Holding]:
    grants = {token.pk: _readable(token) for token in held}
    wanted = {number for grant in grants.values() if grant for number in grant.repository_ids}
    rows = Repository.objects.filter(pk__in=wanted, removed_at=None).select_related("owner")
    names = {row.pk: row.full_name for row in rows}
    now = timezone.now()
    return [_holding(token, grants[token.pk], names, now) for token in held]


def _readable(token: Token) -> Grant | None:
    try:
        return token.grant_value()
    except ValueError:
        return None  # shown as broken; every request with it is denied


def _holding(token: Token, grant: Grant | None, names: Mapping[int, str], now: datetime) -> Holding:
    if grant is None:
        broken = Health.ENDED if token.revoked_at else Health.BROKEN
        return Holding(token, None, "", (), 0, (), broken)
    chosen = sorted(names[number] for number in grant.repository_ids if number in names)
    titles = vocabulary().permissions
    held = sorted(
        ((titles[name].title, level) for name, level in grant.permissions.items()),
        key=lambda pair: (-pair[1], pair[0]),
    )
    return Holding(
        token,
        grant.access,
        grant.owner.login,
        tuple(chosen),
        len(grant.repository_ids) - len(chosen),
        tuple(held),
        health_of(token, now),
    )


def health_of(token: Token, now: datetime) -> Health:
    """How a token whose rights can be read fares at a moment."""
    state = token.state_at(now)
    if state is State.REVOKED:
        return Health.ENDED
    if state in (State.EXPIRED, State.PAUSED):
        return Health.EXPIRED if state is State.EXPIRED else Health.PAUSED
    if token.expires_at is not None and token.expires_at - now <= EXPIRING:
        return Health.EXPIRING
    if token.denials > token.requests:
        return Health.REFUSED
    return Health.WORKING if token.last_used_at is not None else Health.UNUSED
