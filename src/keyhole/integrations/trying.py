"""Trying an integration without its token: would requests with its rights be allowed, repository by repository?

The same `decide` answers that answers real requests; nothing is sent anywhere, and nothing is counted as use.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from keyhole.core.caller import Caller
from keyhole.core.decide import Allowed, Denied, decide
from keyhole.core.grant import Access, Grant
from keyhole.core.permissions import GIT_ANNOUNCE_PUSH, GIT_FETCH, Operation, vocabulary
from keyhole.core.request import Request
from keyhole.core.summary import repository_operations
from keyhole.integrations.holdings import DEAD, Health, Holding
from keyhole.integrations.services import get
from keyhole.repositories.lookup import is_there, selected_by, visible_to
from keyhole.repositories.models import Repository

MOST = 100
"""Repositories that are tried."""
_ASKED = (
    ("Read files", "repos/get-content"),
    ("Change files", "repos/create-or-update-file-contents"),
    ("Read pull requests", "pulls/list"),
    ("Open pull requests", "pulls/create"),
    ("Read issues", "issues/list-for-repo"),
    ("Open issues", "issues/create"),
    ("Set commit statuses", "repos/create-commit-status"),
    ("Upload scan results", "code-scanning/upload-sarif"),
    ("Create webhooks", "repos/create-webhook"),
    ("Change settings", "repos/update"),
)
_WHY = {
    Health.BROKEN: "Its rights cannot be read any more, so everything is denied.",
    Health.EXPIRED: "It has expired.",
    Health.PAUSED: "It is paused.",
    Health.ENDED: "It was revoked.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one thing would be allowed."""

    title: str
    operation: str
    """GitHub's id of the operation that was tried."""
    allowed: bool
    needs: str
    """What it would need, as `contents: write`; empty when it is allowed."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One repository."""

    full_name: str
    problem: str
    """Why nothing reaches it although the rights would do; empty when nothing is in the way."""
    answers: tuple[Answer, ...]
    operations: int
    """How many of GitHub's operations on a repository would be allowed."""

    @property
    def reached(self) -> bool:
        """Whether at least something would be allowed there now."""
        return not self.problem and any(answer.allowed for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Trial:
    """One token of an integration."""

    holding: Holding
    problem: str
    """Why nothing is allowed with it at all; empty when something may be."""
    repositories: tuple[Tried, ...]
    more: int
    """How many repositories were not tried."""
    of: int
    """How many operations there are."""

    @property
    def works(self) -> bool:
        """Whether it reaches every repository that it was generated for."""
        return (
            not self.problem and bool(self.repositories) and all(each.reached for each in self.repositories)
        )


def try_out(caller: Caller, number: int) -> list[Trial]:
    """What each token of an integration would reach now. NotFound as for the integration."""
    found = get(caller, number)
    return [_trial(each) for each in found.live]


def _trial(held: Holding) -> Trial:
    everything = len(repository_operations())
    if held.access is None:
        return Trial(held, _WHY[Health.BROKEN], (), 0, everything)
    grant = held.token.grant_value()
    problem = _WHY[held.health] if held.health in DEAD else ""
    if not problem and not held.token.user.is_active:
        problem = "The account of the person who generated it is not active."
    rows = visible_to(grant) if grant.access is Access.PUBLIC else selected_by(grant)
    if not problem and not rows:
        problem = "No repository that it reaches is connected."
    tried = tuple(_tried(grant, row) for row in rows[:MOST])
    return Trial(held, problem, tried, len(rows[MOST:]), everything)


def _tried(grant: Grant, row: Repository) -> Tried:
    operations = {each.id: each for each in vocabulary().operations}
    asked = [("Clone and fetch", GIT_FETCH), ("Push", GIT_ANNOUNCE_PUSH)]
    asked += [(title, operations[name]) for title, name in _ASKED]
    return Tried(
        row.full_name,
        _in_the_way(row),
        tuple(_answer(grant, row, title, operation) for title, operation in asked),
        sum(isinstance(_verdict(grant, row, each), Allowed) for each in repository_operations()),
    )


def _in_the_way(row: Repository) -> str:
    if not row.is_served:
        return "It lies on GitHub; Keyhole scans it, and does not hand it on to tools."
    return "" if is_there(row) else "It is not where it was connected."


def _answer(grant: Grant, row: Repository, title: str, operation: Operation) -> Answer:
    verdict = _verdict(grant, row, operation)
    return Answer(title, operation.id, isinstance(verdict, Allowed), _needs(verdict))


def _verdict(grant: Grant, row: Repository, operation: Operation) -> Allowed | Denied:
    # `updates=()`: what moves refs counts as allowed when some change is, even if one to workflows would not be.
    return decide(grant, Request(operation, timezone.now(), (row.as_core(),), updates=()))


def _needs(verdict: Allowed | Denied) -> str:
    if isinstance(verdict, Allowed):
        return ""
    sets = (" and ".join(f"{name}: {level.word}" for name, level in each.items()) for each in verdict.needs)
    return " or ".join(sets)
