"""A plan in a sentence and in numbers, beside what people usually grant instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from keyhole.core.grant import Access, Grant, make
from keyhole.core.permissions import Group, vocabulary
from keyhole.core.request import Owner, OwnerKind
from keyhole.core.summary import Summary, summarise
from keyhole.planner.plan import Plan

_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_UNNAMED = "the repositories that you select"


@dataclass(frozen=True, slots=True)
class Usual:
    """What people grant when they do not plan."""

    title: str
    allowed: int
    """How many of GitHub's repository operations it allows."""
    where: str
    """On what."""
    ends: str


def summary(plan: Plan) -> Summary | None:
    """The plan in words, as tokens are described everywhere; None when nothing is granted.

    The numbers come from the same rules that judge requests.
    """
    return None if plan.empty else summarise(as_grant(plan), _reached(plan), _names(plan))


def as_grant(plan: Plan) -> Grant:
    """The rights of the planned token, over repositories with made-up ids."""
    request = plan.request
    kind = request.owner_kind or OwnerKind.USER
    days = request.days
    return make(
        owner=Owner(1, request.owner or "you", kind),
        access=Access.SELECTED if plan.needs_repositories else Access.PUBLIC,
        repository_ids=frozenset(range(1, _reached(plan) + 1)) if plan.needs_repositories else frozenset(),
        permissions=plan.permissions,
        not_before=_ANY_MOMENT,
        expires_at=None if days is None else _ANY_MOMENT + timedelta(days=days),
    )


def _reached(plan: Plan) -> int:
    return len(plan.request.repositories) or 1


def _names(plan: Plan) -> dict[int, str]:
    return dict(enumerate(plan.request.repositories or (_UNNAMED,), 1))


def usual(plan: Plan) -> tuple[Usual, ...]:
    """A classic token with `repo`, and a fine-grained one with everything: what the plan is compared with."""
    whole = summary(plan)
    if whole is None:
        return ()
    return (
        Usual(
            "A classic token with repo",
            whole.of,
            "every repository that you can reach, of every owner",
            "when you delete it",
        ),
        Usual(
            "A fine-grained token with every repository permission",
            _everything(),
            "all repositories of one owner",
            "on the day that you choose, or never",
        ),
    )


def _everything() -> int:
    held = {
        each.name: max(each.levels)
        for each in vocabulary().permissions.values()
        if each.group is Group.REPOSITORY
    }
    owner = Owner(1, "you", OwnerKind.USER)
    grant = make(
        owner=owner,
        access=Access.ALL,
        repository_ids=frozenset(),
        permissions=held,
        not_before=_ANY_MOMENT,
        expires_at=None,
    )
    return summarise(grant, 1).allowed
