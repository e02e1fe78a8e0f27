"""The live summary beside the token form, from the same rules that generate the token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.core.grant import Access, Grant, make
from keyhole.core.request import Owner
from keyhole.core.summary import Summary, summarise
from keyhole.repositories.models import Repository
from keyhole.repositories.services import list_repositories
from keyhole.tokens.models import Token
from keyhole.web.forms.token import TokenForm

_NAMED = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """What the summary shows: either the summary, or what is missing for one."""

    summary: Summary | None
    missing: str
    """What has to be chosen first; empty when there is a summary."""
    names: tuple[str, ...] = ()
    """The first of the chosen repositories."""
    more: int = 0
    """How many chosen repositories are not among them."""

    @property
    def much(self) -> bool:
        """Whether it may more than a third of what a classic token may."""
        return self.summary is not None and self.summary.allowed * 3 > self.summary.of


def of_form(form: TokenForm, owner: Owner, repositories: list[Repository], now: datetime) -> Shown:
    """The summary of a token that was not generated yet; `repositories` are the resource owner's."""
    try:
        spec = form.spec(now.date())
        expires_at = None if spec.expires_in_days is None else now + timedelta(days=spec.expires_in_days)
        grant = make(
            owner=owner,
            access=spec.access,
            repository_ids=spec.repository_ids,
            permissions=spec.permissions,
            not_before=now,
            expires_at=expires_at,
        )
    except InvalidInput as problem:
        return Shown(None, problem.hint or problem.message)
    return of_grant(grant, repositories)


def of_grant(grant: Grant, repositories: list[Repository]) -> Shown:
    """The summary of a token that exists; `repositories` are the resource owner's."""
    names = {row.pk: row.full_name for row in repositories}
    chosen = (
        [names[number] for number in sorted(grant.repository_ids) if number in names]
        if grant.access is Access.SELECTED
        else []
    )
    return Shown(summarise(grant, len(repositories), names), "", tuple(chosen[:_NAMED]), len(chosen[_NAMED:]))


def of_token(caller: Caller, token: Token) -> Shown:
    """The summary of a stored token, for somebody who sees it."""
    try:
        grant = token.grant_value()
    except ValueError:
        return Shown(None, "What this token may cannot be read any more, so everything is denied. Revoke it.")
    rows = [row for row in list_repositories(caller) if row.owner_id == grant.owner.id]
    return of_grant(grant, rows)
