"""Commit statuses: what external systems say of a commit. Source: GitHub's REST API, "Commit statuses"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from keyhole.core.errors import InvalidInput
from keyhole.repositories.models import CommitStatus

STATES = ("error", "failure", "pending", "success")
MOST = 1000
"""Statuses that one context of one commit can have, as on GitHub."""


@dataclass(frozen=True, slots=True)
class Said:
    """One status, about to be recorded."""

    state: str
    context: str
    description: str
    target_url: str


def record(repository_id: int, commit: str, creator_id: int, said: Said) -> CommitStatus:
    """A new status. InvalidInput once the context has 1,000 for this commit."""
    with transaction.atomic():
        known = CommitStatus.objects.filter(repository_id=repository_id, commit=commit, context=said.context)
        if known.count() >= MOST:
            raise InvalidInput("This SHA and context has reached the maximum number of statuses.")
        row = CommitStatus.objects.create(
            repository_id=repository_id,
            commit=commit,
            creator_id=creator_id,
            created_at=timezone.now(),
            state=said.state,
            context=said.context,
            description=said.description,
            target_url=said.target_url,
        )
    return CommitStatus.objects.select_related("creator").get(pk=row.pk)


def of_commit(repository_id: int, commit: str) -> list[CommitStatus]:
    """Every status of a commit of this repository, newest first."""
    return list(
        CommitStatus.objects.filter(repository_id=repository_id, commit=commit)
        .select_related("creator")
        .order_by("-pk")
    )


def latest(statuses: Sequence[CommitStatus]) -> list[CommitStatus]:
    """The newest of each context, out of a list that is newest first."""
    newest: dict[str, CommitStatus] = {}
    for status in statuses:
        newest.setdefault(status.context, status)
    return list(newest.values())


def combined(states: Sequence[str]) -> str:
    """One word for all: any failure fails, anything open (or nothing at all) is pending."""
    if "failure" in states or "error" in states:
        return "failure"
    return "success" if states and all(state == "success" for state in states) else "pending"
