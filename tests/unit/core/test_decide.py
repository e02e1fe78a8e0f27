"""Decisions told as sentences: what is refused, with which status, and what the refusal tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from keyhole.core.decide import Allowed, Reason, decide
from keyhole.core.grant import Access, make
from keyhole.core.permissions import GIT_ANNOUNCE_PUSH, GIT_FETCH, GIT_PUSH, Level, vocabulary
from keyhole.core.request import Owner, OwnerKind, RefUpdate, Repository, Request

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
ALICE = Owner(1, "alice", OwnerKind.USER)
BOB = Owner(2, "bob", OwnerKind.USER)
ACME = Owner(3, "acme", OwnerKind.ORGANIZATION)
RIVAL = Owner(4, "rival", OwnerKind.ORGANIZATION)
REPO = Repository(7, ALICE, "repo", public=False)
SECOND = Repository(9, ALICE, "other", public=False)
OPEN = Repository(8, BOB, "open", public=True)
OPERATIONS = {operation.id: operation for operation in vocabulary().operations}
READ, WRITE = Level.READ, Level.WRITE


def token(*, owner=ALICE, access=Access.SELECTED, ids=(7,), expires_at=None, **permissions):
    return make(
        owner=owner,
        access=access,
        repository_ids=frozenset(ids),
        permissions=permissions,
        not_before=NOW,
        expires_at=expires_at,
    )


def asked(operation, *repositories, at=NOW, owner=None, updates=()):
    operation = OPERATIONS[operation] if isinstance(operation, str) else operation
    return Request(operation, at, repositories, owner, updates)


def update(ref="refs/heads/main", touches=False):
    return RefUpdate(ref, "0" * 40, "1" * 40, touches)


ALL = token(access=Access.ALL, ids=(), contents=WRITE)
READER = token(contents=READ)
WRITER = token(contents=WRITE)
ACME_ADMIN = token(owner=ACME, access=Access.ALL, ids=(), members=WRITE, organization_administration=WRITE)
BILLING = token(plan=READ, followers=WRITE, starring=WRITE)

SQUATTER = Owner(99, "alice", OwnerKind.USER)
TODAY = token(contents=READ, expires_at=NOW + timedelta(1))
USAGE = "billing/get-github-billing-usage-report-user"

REFUSED = {
    # What is named is compared by id, whole; never by name, prefix or pattern.
    "N6-name-that-starts-alike": (
        READER,
        asked("repos/get", Repository(70, ALICE, "repo-secret", public=False)),
        404,
    ),
    "N6-name-with-a-digit-more": (
        READER,
        asked("repos/get", Repository(71, ALICE, "repo2", public=False)),
        404,
    ),
    "N6-name-that-ends-alike": (
        READER,
        asked("repos/get", Repository(72, ALICE, "xrepo", public=False)),
        404,
    ),
    "N6-same-name-of-another-owner": (
        READER,
        asked("repos/get", Repository(73, BOB, "repo", public=False)),
        404,
    ),
    "N6-same-id-of-another-owner": (
        READER,
        asked("repos/get", Repository(7, BOB, "repo", public=False)),
        404,
    ),
    "N6-all-means-all-of-one-owner": (
        ALL,
        asked("repos/get", Repository(74, BOB, "repo", public=False)),
        404,
    ),
    "N7-deleted-and-made-again": (
        READER,
        asked("repos/get", Repository(75, ALICE, "repo", public=False)),
        404,
    ),
    "N7-transferred": (READER, asked("repos/get", Repository(7, ACME, "repo", public=False)), 404),
    "N7-squatted-owner": (ALL, asked("repos/get", Repository(76, SQUATTER, "repo", public=False)), 404),
    "P22-no-such-repository": (READER, asked("repos/get", None), 404),
    "P1-undocumented": (ALL, Request(None, NOW, (REPO,)), 404),
    "P1-unlisted": (ALL, asked("agent-tasks/list-tasks-for-repo", REPO), 403),
    "P1-not-for-tokens": (ALL, asked("apps/get-authenticated"), 403),
    "T11-expired-this-very-moment": (TODAY, asked(GIT_FETCH, REPO, at=NOW + timedelta(1)), 401),
    "T11-expired-a-microsecond-ago": (
        TODAY,
        asked(GIT_FETCH, REPO, at=NOW + timedelta(1, microseconds=1)),
        401,
    ),
    "T11-valid-in-a-second": (READER, asked(GIT_FETCH, REPO, at=NOW - timedelta(seconds=1)), 401),
    "T11-expired-for-public-too": (TODAY, asked(GIT_FETCH, OPEN, at=NOW + timedelta(2)), 401),
    "T11-expired-and-hidden-tells-nothing": (TODAY, asked("repos/get", None, at=NOW + timedelta(2)), 401),
    "T13-repository-not-found-out": (READER, asked("repos/get"), 404),
    "T13-organization-not-found-out": (ACME_ADMIN, asked("orgs/list-members"), 404),
    "T13-organization-gone": (ACME_ADMIN, asked("orgs/update", owner=None), 404),
    "A7-second-repository-hidden": (WRITER, asked("repos/compare-commits-with-basehead", REPO, SECOND), 404),
    "A7-second-repository-absent": (WRITER, asked("repos/compare-commits-with-basehead", REPO, None), 404),
    "A7-second-repository-public-but-not-selected": (WRITER, asked("repos/merge", REPO, OPEN), 403),
    "A7-template-not-found-out": (
        token(administration=WRITE, contents=READ),
        asked("repos/create-using-template"),
        404,
    ),
    "A8-billing-of-somebody-else": (BILLING, asked(USAGE, owner=BOB), 403),
    "A8-billing-of-nobody": (BILLING, asked(USAGE), 403),
    "A8-attestations-of-somebody-else": (
        token(attestations=WRITE),
        asked("users/delete-attestations-bulk", owner=BOB),
        403,
    ),
    "A8-organization-of-somebody-else": (ACME_ADMIN, asked("orgs/update", owner=RIVAL), 403),
    "A8-organization-permission-on-a-user": (ACME_ADMIN, asked("orgs/update", owner=ALICE), 403),
    "P1-write-with-read": (
        READER,
        asked("repos/create-or-update-file-contents", REPO, updates=(update(),)),
        403,
    ),
    "P1-other-permission": (token(issues=WRITE), asked(GIT_FETCH, REPO), 403),
    "P1-no-permission-but-metadata": (token(), asked(GIT_FETCH, REPO), 403),
    "P1-one-of-two-needed": (token(administration=WRITE), asked("repos/create-using-template", REPO), 403),
    "public-is-not-for-writing": (WRITER, asked(GIT_PUSH, OPEN, updates=(update(),)), 403),
    "public-is-not-for-announcing-a-push": (WRITER, asked(GIT_ANNOUNCE_PUSH, OPEN), 403),
    "public-list-of-collaborators": (WRITER, asked("repos/list-collaborators", OPEN), 403),
    "P16-workflow-file": (WRITER, asked(GIT_PUSH, REPO, updates=(update(touches=True),)), 403),
    "P16-workflow-not-known": (WRITER, asked(GIT_PUSH, REPO, updates=(update(touches=None),)), 403),
    "P16-updates-not-known": (WRITER, asked(GIT_PUSH, REPO, updates=None), 403),
    "P16-second-of-two-updates": (
        WRITER,
        asked(GIT_PUSH, REPO, updates=(update(), update(touches=True))),
        403,
    ),
    "P16-workflow-by-contents": (
        WRITER,
        asked("repos/create-or-update-file-contents", REPO, updates=None),
        403,
    ),
    "P16-workflow-by-deletion": (
        WRITER,
        asked("repos/delete-file", REPO, updates=(update(touches=True),)),
        403,
    ),
    "P16-workflow-by-new-ref": (WRITER, asked("git/create-ref", REPO, updates=(update(touches=None),)), 403),
    "P16-workflow-by-moved-ref": (
        WRITER,
        asked("git/update-ref", REPO, updates=(update(touches=True),)),
        403,
    ),
    "G7-one-of-two-refs": (
        WRITER,
        asked(GIT_PUSH, REPO, updates=(update(), update("refs/pull/1/head"))),
        403,
    ),
    "G7-notes": (WRITER, asked(GIT_PUSH, REPO, updates=(update("refs/notes/commits"),)), 403),
    "G7-replace": (WRITER, asked(GIT_PUSH, REPO, updates=(update("refs/replace/" + "a" * 40),)), 403),
    "G7-head": (WRITER, asked(GIT_PUSH, REPO, updates=(update("HEAD"),)), 403),
    "G7-option": (WRITER, asked(GIT_PUSH, REPO, updates=(update("refs/heads/-x"),)), 403),
    "G7-ref-by-rest": (WRITER, asked("git/create-ref", REPO, updates=(update("refs/pull/1/head"),)), 403),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    grant, request, status = REFUSED[name]
    verdict = decide(grant, request)
    assert not isinstance(verdict, Allowed)
    assert verdict.status == status


ALLOWED = {
    "selected": (READER, asked(GIT_FETCH, REPO), {"contents": READ}),
    "higher-level": (WRITER, asked(GIT_FETCH, REPO), {"contents": READ}),
    "all": (ALL, asked(GIT_FETCH, SECOND), {"contents": READ}),
    "public-of-anybody": (token(), asked(GIT_FETCH, OPEN), {}),
    "public-with-public-access": (token(access=Access.PUBLIC, ids=()), asked("repos/get", OPEN), {}),
    "first-moment": (READER, asked(GIT_FETCH, REPO, at=NOW), {"contents": READ}),
    "last-moment": (
        TODAY,
        asked(GIT_FETCH, REPO, at=NOW + timedelta(1, microseconds=-1)),
        {"contents": READ},
    ),
    "no-expiration": (
        READER,
        asked(GIT_FETCH, REPO, at=datetime(9999, 12, 31, tzinfo=UTC)),
        {"contents": READ},
    ),
    "needs-none": (token(), asked("users/get-authenticated"), {}),
    "push": (WRITER, asked(GIT_PUSH, REPO, updates=(update(),)), {"contents": WRITE}),
    "push-of-workflows": (
        token(contents=WRITE, workflows=WRITE),
        asked(GIT_PUSH, REPO, updates=(update(touches=True),)),
        {"contents": WRITE, "workflows": WRITE},
    ),
    "renamed": (READER, asked(GIT_FETCH, Repository(7, ALICE, "new-name", public=False)), {"contents": READ}),
    "own-organization": (
        ACME_ADMIN,
        asked("orgs/update", owner=ACME),
        {"organization_administration": WRITE},
    ),
    "own-billing": (BILLING, asked(USAGE, owner=ALICE), {"plan": READ}),
    "following-names-somebody-else": (BILLING, asked("users/follow", owner=BOB), {"followers": WRITE}),
    "two-repositories-both-selected": (
        token(contents=READ, ids=(7, 9)),
        asked("repos/compare-commits-with-basehead", REPO, SECOND),
        {"contents": READ},
    ),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed_by_exactly_what_it_needs(name):
    grant, request, used = ALLOWED[name]
    verdict = decide(grant, request)
    assert isinstance(verdict, Allowed), verdict
    assert dict(verdict.used) == used
    assert verdict.operation is request.operation


def test_a_refusal_tells_what_would_do_and_what_is_held():
    verdict = decide(READER, asked(GIT_PUSH, REPO, updates=(update(touches=True),)))
    assert verdict.reason is Reason.PERMISSION_MISSING
    assert verdict.needs == ({"contents": WRITE, "workflows": WRITE},)
    assert dict(verdict.has) == {"contents": READ, "metadata": READ}


def test_a_refusal_for_workflows_names_the_ref():
    verdict = decide(WRITER, asked(GIT_PUSH, REPO, updates=(update(), update("refs/heads/ci", touches=True))))
    assert (verdict.reason, verdict.detail) == (Reason.WORKFLOWS_MISSING, "refs/heads/ci")


def test_a_refused_ref_is_named_and_no_permission_would_help():
    verdict = decide(WRITER, asked(GIT_PUSH, REPO, updates=(update(), update("refs/pull/1/head"))))
    assert (verdict.reason, verdict.detail, verdict.needs) == (Reason.REF_NOT_ALLOWED, "refs/pull/1/head", ())


@pytest.mark.parametrize(
    "repository",
    [
        None,
        Repository(70, ALICE, "hidden", public=False),
        Repository(71, RIVAL, "hidden", public=False),
    ],
    ids=["absent", "hidden", "others"],
)
def test_p23_a_hidden_repository_is_refused_like_an_absent_one(repository):
    verdict = decide(WRITER, asked(GIT_FETCH, repository))
    assert verdict == decide(WRITER, asked(GIT_FETCH, None))
    assert (verdict.needs, verdict.detail) == ((), "")


def test_a_clock_without_a_zone_is_not_compared():
    with pytest.raises(TypeError):
        decide(READER, asked(GIT_FETCH, REPO, at=NOW.replace(tzinfo=None)))


def test_t14_a_permission_that_the_vocabulary_lost_is_not_held():
    grant = replace(READER, permissions={"contents": READ, "forgotten": Level.ADMIN})
    operation = replace(OPERATIONS["repos/get-content"], any_of=({"forgotten": READ},), public_ok=False)
    verdict = decide(grant, asked(operation, REPO))
    assert not isinstance(verdict, Allowed)
    assert verdict.reason is Reason.PERMISSION_MISSING


@pytest.mark.parametrize(
    ("grant", "name"), [(READER, "operation"), (token(), "reason")], ids=["allowed", "denied"]
)
def test_a_verdict_cannot_be_changed_afterwards(grant, name):
    verdict = decide(grant, asked(GIT_FETCH, REPO))
    with pytest.raises(AttributeError):
        setattr(verdict, name, None)
