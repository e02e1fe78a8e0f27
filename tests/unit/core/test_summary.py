from datetime import UTC, datetime, timedelta

import pytest

from keyhole.core.grant import Access, make
from keyhole.core.permissions import Group, Level, vocabulary
from keyhole.core.plural import counted
from keyhole.core.request import Owner, OwnerKind
from keyhole.core.summary import capitalised, repository_operations, summarise

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HARBOUR = Owner(7, "harbour", OwnerKind.USER)


def grant(access=Access.SELECTED, ids=(3, 4), lifetime=timedelta(days=30), owner=HARBOUR, **permissions):
    return make(
        owner=owner,
        access=access,
        repository_ids=frozenset(ids if access is Access.SELECTED else ()),
        permissions={name: Level.parse(level) for name, level in permissions.items()},
        not_before=NOW,
        expires_at=NOW + lifetime if lifetime else None,
    )


def test_the_sentence_says_how_long_what_and_where():
    summary = summarise(grant(contents="read", security_events="write"), 41)
    assert (
        summary.text
        == "For 30 days, it can read code and upload scan results in 2 repositories. Nothing else."
    )
    assert [part.text for part in summary.sentence if part.strong] == [
        "30 days",
        "read code",
        "upload scan results",
        "2 repositories",
    ]


def test_a_single_repository_is_named():
    summary = summarise(grant(ids=(3,), contents="read"), 41, {3: "harbour/tide-api"})
    assert "in harbour/tide-api." in summary.text


def test_metadata_alone_is_not_called_reading_code():
    summary = summarise(grant(), 41)
    assert "see names and descriptions" in summary.text
    assert "Clone or read private code" in summary.cannot


@pytest.mark.parametrize(
    ("lifetime", "words"),
    [
        (timedelta(days=1), "For 1 day,"),
        (timedelta(days=366), "For 366 days,"),
        (timedelta(minutes=15), "For 15 minutes,"),
        (timedelta(hours=2), "For 2 hours,"),
        (timedelta(seconds=30), "For less than a minute,"),
        (None, "Without expiration,"),
    ],
)
def test_the_duration_is_in_the_largest_unit_that_fits(lifetime, words):
    assert summarise(grant(lifetime=lifetime, contents="read"), 2).text.startswith(words)


def test_all_repositories_says_that_it_means_the_future_too():
    summary = summarise(grant(Access.ALL, contents="read"), 41)
    assert "all repositories of harbour, now and in the future" in summary.text
    assert summary.reaches == 41
    assert not any("other" in line for line in summary.cannot)


def test_public_only_reads_what_everyone_reads():
    summary = summarise(grant(Access.PUBLIC), 41)
    assert "read public repositories, as everyone can" in summary.text
    assert "See any private repository" in summary.cannot
    assert summary.reaches == 0


def test_many_permissions_are_counted_and_not_recited():
    summary = summarise(
        grant(contents="read", issues="read", pull_requests="read", statuses="read", actions="read"), 2
    )
    assert "read code, read pull requests, read issues and do 2 more things in" in summary.text
    assert len(summary.can) == 6


def test_account_permissions_are_not_said_to_be_in_a_repository():
    assert (
        "in 2 repositories, and also read your email addresses."
        in summarise(grant(contents="read", emails="read"), 2).text
    )


def test_what_it_cannot_do_shrinks_as_it_can_do_more():
    reading = summarise(grant(contents="read"), 41)
    writing = summarise(
        grant(contents="write", pull_requests="write", workflows="write", secrets="write"), 41
    )
    assert "Push, or change any file" in reading.cannot
    assert "Touch workflows, secrets or settings" in reading.cannot
    assert "See the other 39 repositories while private" in reading.cannot
    assert "Push, or change any file" not in writing.cannot
    assert "Touch settings" in writing.cannot


def test_a_classic_repo_token_is_all_repository_operations_of_the_table():
    everything = {
        p.name: p.levels[-1].word for p in vocabulary().permissions.values() if p.group is Group.REPOSITORY
    }
    summary = summarise(grant(**everything), 2)
    assert summary.of == len(repository_operations()) == 494
    assert summary.allowed == summary.of
    assert not any("Push" in line for line in summary.cannot)


def test_more_permissions_never_allow_fewer_operations():
    metadata, reading, writing = (
        summarise(grant(**permissions), 2).allowed
        for permissions in ({}, {"contents": "read"}, {"contents": "write"})
    )
    assert 0 < metadata < reading < writing < 494


@pytest.mark.parametrize(
    ("number", "thing", "text"),
    [
        (1, "repository", "1 repository"),
        (2, "repository", "2 repositories"),
        (0, "day", "0 days"),
        (1204, "token", "1,204 tokens"),
    ],
)
def test_things_are_counted_in_words(number, thing, text):
    assert counted(number, thing) == text


def test_only_the_first_letter_is_made_large():
    assert capitalised("read GPG keys") == "Read GPG keys"
