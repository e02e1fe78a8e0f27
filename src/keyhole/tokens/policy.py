"""What every new token must keep to: the longest life, permissions up to a level, and whether somebody must approve.

A policy is of one resource owner or of the whole Keyhole; where both say something, the stricter counts. It only ever
takes away: a token that goes beyond a policy made later is withheld while that policy stands, and never becomes more
than it was when it was generated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from django.db import transaction

from keyhole.accounts.services import find_owner, require
from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.core.grant import Grant
from keyhole.core.permissions import Level, vocabulary
from keyhole.tokens.models import Purpose, Token, TokenPolicy, Withheld

NONE = "none"
"""In the place of a level: the permission may not be granted at all."""
_READ_ALWAYS = "metadata"  # whoever sees a repository sees this; GitHub adds it to every token, too
_LONGEST = 36_500


class Approval(StrEnum):
    """Which new tokens somebody must approve before they may do anything."""

    NEVER = "never"
    WRITING = "writing"
    """Those with any permission above read."""
    ALWAYS = "always"


_STRICT = tuple(Approval)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a token must keep to."""

    max_days: int | None = None
    """Days from generating to expiring; None leaves it to KEYHOLE_MAX_TOKEN_DAYS."""
    approval: Approval = Approval.NEVER
    ceilings: Mapping[str, str] = field(default_factory=dict)
    """Permission name to the highest level that may be granted, or `none`; without an entry there is no ceiling."""

    def with_(self, other: Terms) -> Terms:
        """The stricter of the two in everything."""
        days = [each for each in (self.max_days, other.max_days) if each is not None]
        names = {*self.ceilings, *other.ceilings}
        return Terms(
            min(days, default=None),
            max(self.approval, other.approval, key=_STRICT.index),
            {
                name: min(
                    (each.ceilings[name] for each in (self, other) if name in each.ceilings), key=_height
                )
                for name in names
            },
        )

    def problem(self, rights: Grant) -> InvalidInput | None:
        """Where a token with these rights goes too far; None when nowhere."""
        if self.max_days is not None:
            longest = timedelta(days=self.max_days)
            if rights.expires_at is None or rights.expires_at - rights.not_before > longest:
                return InvalidInput(
                    f"The policy of this resource owner lets tokens live for at most {self.max_days} days.",
                    field="expiration",
                )
        for name, level in rights.permissions.items():
            ceiling = self.ceilings.get(name)
            if ceiling is not None and name != _READ_ALWAYS and level > _height(ceiling):
                title = vocabulary().permissions[name].title
                allowed = "does not allow it" if ceiling == NONE else f"allows {ceiling} at most"
                return InvalidInput(
                    f"{title}: {level.word} was asked for, and the policy of this resource owner {allowed}.",
                    field="permissions",
                )
        return None

    def wants_approval(self, rights: Grant) -> bool:
        """Whether somebody must approve a token with these rights."""
        if self.approval is Approval.WRITING:
            return any(level > Level.READ for level in rights.permissions.values())
        return self.approval is Approval.ALWAYS


_NOTHING = Terms(0, Approval.ALWAYS, {})
"""For a stored policy that is not understood: no token lives, and each waits."""


def terms_for(owner_id: int) -> Terms:
    """What tokens of this resource owner must keep to now."""
    rows = TokenPolicy.objects.filter(owner_id=owner_id) | TokenPolicy.objects.filter(owner=None)
    found = Terms()
    for row in rows:
        found = found.with_(_load(row))
    return found


def may_ask(owner_id: int) -> bool:
    """Whether people whose role does not include this resource owner may ask for a token of it."""
    return terms_for(owner_id).approval is not Approval.NEVER


def get_terms(caller: Caller, owner_login: str) -> Terms:
    """The policy of one resource owner alone; with an empty login that of the whole Keyhole."""
    require(caller, "policy:read")
    row = TokenPolicy.objects.filter(owner=find_owner(owner_login) if owner_login else None).first()
    return _load(row) if row is not None else Terms()


def list_policies(caller: Caller) -> list[tuple[str, Terms]]:
    """Every policy, by login; the empty login is the whole Keyhole."""
    require(caller, "policy:read")
    rows = TokenPolicy.objects.select_related("owner")
    return sorted((row.owner.login if row.owner else "", _load(row)) for row in rows) if rows else []


def set_terms(caller: Caller, owner_login: str, terms: Terms) -> list[Token]:
    """Make this the policy of a resource owner, or of the whole Keyhole. Returns the tokens that it withholds.

    InvalidInput, naming the field, when it makes no sense; NotFound for an unknown owner.
    """
    require(caller, "policy:change")
    _check(terms)
    owner = find_owner(owner_login) if owner_login else None
    with transaction.atomic():
        chain = Chain()
        TokenPolicy.objects.update_or_create(
            owner=owner,
            defaults={
                "max_days": terms.max_days,
                "approval": terms.approval.value,
                "ceilings": dict(sorted(terms.ceilings.items())),
            },
        )
        withheld = _apply(None if owner is None else owner.pk)
        chain.extend(
            [
                Draft(
                    action="policy:change",
                    outcome=ALLOWED,
                    actor=caller.as_actor(),
                    subject={
                        "owner": owner_login or "all",
                        "max_days": terms.max_days,
                        "approval": terms.approval.value,
                        "ceilings": dict(terms.ceilings),
                        "withheld_tokens": [token.pk for token in withheld][:100],
                    },
                )
            ]
        )
    return withheld


def beyond(caller: Caller) -> list[Token]:
    """The tokens that go beyond a policy and are withheld for that, newest first."""
    require(caller, "policy:read")
    rows = Token.objects.select_related("user__owner").filter(revoked_at=None, withheld=Withheld.POLICY)
    return list(rows.order_by("-pk"))


def _apply(owner_id: int | None) -> list[Token]:
    """Withhold what goes too far now, and release what was withheld for that and does not any more."""
    withheld = []
    for token in Token.objects.filter(
        revoked_at=None, withheld__in=(Withheld.NOTHING, Withheld.POLICY)
    ).exclude(purpose=Purpose.SCAN):
        try:
            rights = token.grant_value()
        except ValueError:
            continue  # it allows nothing anyway
        if owner_id is not None and rights.owner.id != owner_id:
            continue
        far = terms_for(rights.owner.id).problem(rights) is not None
        wanted = Withheld.POLICY if far else Withheld.NOTHING
        if token.withheld != wanted:
            Token.objects.filter(pk=token.pk).update(withheld=wanted)
        if far:
            withheld.append(token)
    return withheld


def _load(row: TokenPolicy) -> Terms:
    try:
        terms = Terms(row.max_days, Approval(row.approval), dict(row.ceilings))
        _check(terms)
    except (ValueError, TypeError, InvalidInput):
        return _NOTHING
    return terms


def _check(terms: Terms) -> None:
    if terms.max_days is not None and (
        type(terms.max_days) is not int or not 1 <= terms.max_days <= _LONGEST
    ):
        raise InvalidInput(f"The longest life is from 1 to {_LONGEST} days.", field="max_days")
    for name, ceiling in terms.ceilings.items():
        if name not in vocabulary().permissions or name == _READ_ALWAYS:
            raise InvalidInput(f"{name!r} is not a permission that can have a ceiling.", field="ceilings")
        if ceiling not in (NONE, *(level.word for level in Level)):
            raise InvalidInput(f"{ceiling!r} is not a level.", field="ceilings")


def _height(ceiling: str) -> int:
    return 0 if ceiling == NONE else int(Level.parse(ceiling))
