"""Commit statuses: one word for all, the newest of each context, and GitHub's limit."""

from __future__ import annotations

import pytest
from django.utils import timezone

from keyhole.accounts.models import Owner
from keyhole.core.errors import InvalidInput
from keyhole.repositories import statuses
from keyhole.repositories.models import CommitStatus, Repository


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ([], "pending"),
        (["success"], "success"),
        (["success", "pending"], "pending"),
        (["pending"], "pending"),
        (["success", "failure"], "failure"),
        (["error", "success"], "failure"),
        (["pending", "error"], "failure"),
        (["nonsense"], "pending"),
    ],
)
def test_one_word_for_all(states, word):
    assert statuses.combined(states) == word


@pytest.fixture
def repository(db):
    owner = Owner.objects.create(login="octo", login_folded="octo", kind="Organization")
    return Repository.objects.create(
        owner=owner, name="r", name_folded="r", location="/nowhere", marker="m", connected_at=timezone.now()
    )


def said(state, context="ci"):
    return statuses.Said(state, context, "", "")


def test_the_newest_of_each_context_counts(repository):
    for state, context in (("pending", "ci"), ("failure", "lint"), ("success", "ci")):
        statuses.record(repository.pk, "1" * 40, repository.owner_id, said(state, context))
    rows = statuses.of_commit(repository.pk, "1" * 40)
    assert [row.state for row in rows] == ["success", "failure", "pending"]
    assert [(row.context, row.state) for row in statuses.latest(rows)] == [
        ("ci", "success"),
        ("lint", "failure"),
    ]


def test_statuses_belong_to_one_commit_of_one_repository(repository):
    statuses.record(repository.pk, "1" * 40, repository.owner_id, said("success"))
    assert statuses.of_commit(repository.pk, "2" * 40) == []
    assert statuses.of_commit(repository.pk + 1, "1" * 40) == []


def test_a_context_that_says_too_much_is_stopped_and_others_are_not(repository):
    CommitStatus.objects.bulk_create(
        CommitStatus(
            repository=repository,
            commit="1" * 40,
            state="pending",
            context="ci",
            creator=repository.owner,
            created_at=timezone.now(),
        )
        for _ in range(statuses.MOST)
    )
    with pytest.raises(InvalidInput):
        statuses.record(repository.pk, "1" * 40, repository.owner_id, said("success"))
    statuses.record(repository.pk, "1" * 40, repository.owner_id, said("success", "other"))
