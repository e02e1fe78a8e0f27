"""Least-privilege drift: what a token may and has not done in thirty days, and the narrower token that would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.utils import timezone

from keyhole.core.grant import Access, Grant
from keyhole.core.permissions import Level, PermissionSet, vocabulary
from keyhole.integrations.holdings import Health, Holding
from keyhole.repositories.models import Repository
from keyhole.tokens.models import Seen, SeenKind, Token

WINDOW = timedelta(days=30)
"""What was not used for so long is taken as not needed."""
_FREE = "metadata"
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Excess:
    """A permission that is held and was not used, or not at that level."""

    name: str
    title: str
    held: Level
    used: Level | None
    """The highest level that was used; None when none was."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the rights of one token are from its use."""

    token: Token
    ripe: bool
    """Whether the token is old enough for this to mean anything."""
    excess: tuple[Excess, ...]
    repositories: tuple[str, ...]
    """Full names of selected repositories that nothing was asked of."""
    used: Mapping[str, Level]
    """Every permission that was used, with its highest level."""
    idle: bool
    """Whether nothing at all was allowed with it in that time."""
    query: str
    """The query of the form "Generate new token" that fills in the narrower token; empty when there is none."""

    @property
    def any(self) -> bool:
        """Whether something is granted that is not used."""
        return self.ripe and bool(self.excess or self.repositories or self.idle)


def drift_of(held: Iterable[Holding], integration: int | None = None) -> list[Drift]:
    """The drift of each token whose rights can be read and that can be used, in their order.

    `integration` is the one that a narrower token would be for.
    """
    usable = [each for each in held if each.health not in (Health.BROKEN, Health.ENDED, Health.EXPIRED)]
    now = timezone.now()
    seen = _seen([each.token.pk for each in usable], now - WINDOW)
    return [_drift(each.token, seen[each.token.pk], now, integration) for each in usable]


def _seen(token_ids: list[int], since: datetime) -> dict[int, dict[str, set[str]]]:
    kinds = (SeenKind.PERMISSION, SeenKind.REPOSITORY, SeenKind.OPERATION)
    rows = Seen.objects.filter(token_id__in=token_ids, kind__in=kinds, last_at__gte=since)
    found: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for token_id, kind, what in rows.values_list("token_id", "kind", "what"):
        found[token_id][kind].add(what)
    return found


def _drift(token: Token, seen: Mapping[str, set[str]], now: datetime, integration: int | None) -> Drift:
    grant = token.grant_value()
    used = _levels(seen.get(SeenKind.PERMISSION, set()))
    excess = _excess(grant.permissions, used)
    touched = {int(number) for number in seen.get(SeenKind.REPOSITORY, set())}
    untouched = grant.repository_ids - touched if grant.access is Access.SELECTED else frozenset()
    idle = not seen.get(SeenKind.OPERATION)
    narrower = (
        "" if idle or not (excess or untouched) else _query(token, grant, used, touched, now, integration)
    )
    rows = Repository.objects.filter(pk__in=untouched, removed_at=None).select_related("owner")
    return Drift(
        token,
        now - token.created_at >= WINDOW,
        excess,
        tuple(sorted(row.full_name for row in rows)),
        used,
        idle,
        narrower,
    )


def _levels(words: Iterable[str]) -> dict[str, Level]:
    used: dict[str, Level] = {}
    for text in words:
        name, _, word = text.partition(":")
        used[name] = max(Level.parse(word), used.get(name, Level.READ))
    return used


def _excess(held: PermissionSet, used: Mapping[str, Level]) -> tuple[Excess, ...]:
    titles = vocabulary().permissions
    found = [
        Excess(name, titles[name].title, level, used.get(name))
        for name, level in held.items()
        if name != _FREE and (name not in used or used[name] < level)
    ]
    return tuple(sorted(found, key=lambda each: (-each.held, each.title)))


def narrower(held: PermissionSet, used: Mapping[str, Level]) -> dict[str, Level]:
    """The permissions that were used, never more than what is held: a proposal must not widen anything."""
    return {name: min(level, used[name]) for name, level in held.items() if name in used}


def _query(
    token: Token,
    grant: Grant,
    used: Mapping[str, Level],
    touched: set[int],
    now: datetime,
    integration: int | None,
) -> str:
    pairs: list[tuple[str, str]] = [
        ("name", f"{token.name[: _LONGEST_NAME - 11]} (narrower)"),
        ("description", token.description),
        ("target_name", grant.owner.login),
        *((name, level.word) for name, level in sorted(narrower(grant.permissions, used).items())),
    ]
    if grant.access is Access.SELECTED:
        pairs += [("repositories", str(number)) for number in sorted(grant.repository_ids & touched)]
    if token.expires_at is not None:
        pairs.append(("expires_in", str(max(1, (token.expires_at - now).days))))
    if integration is not None:
        pairs.append(("integration", str(integration)))
    return urlencode(pairs)
