"""One commit, many uses: each is counted, and none of a token that is over is allowed."""

import pytest
from django.db import transaction
from django.utils import timezone

from keyhole.audit.log import ALLOWED, Draft
from keyhole.audit.writer import Work
from keyhole.tokens.models import Token
from keyhole.tokens.usage import Use, settle
from tests.unit.tokens.kit import issue

pytestmark = pytest.mark.django_db(transaction=True)


def work(token_id, *, allowed=True, agent="git/2.39"):
    draft = Draft("git:act", ALLOWED if allowed else "denied", {"token_id": token_id}, {"target": "/x"})
    return Work(draft, settle, Use(token_id, allowed, "git", "192.0.2.7", agent))


def settled(works):
    with transaction.atomic():
        settle(works, timezone.now())
    return [(done.draft.outcome, done.attached.invalid) for done in works]


def test_uses_of_several_tokens_are_counted_apart():
    first, second = issue().token.pk, issue().token.pk
    works = [
        work(first),
        work(second),
        work(first),
        work(second, allowed=False),
        work(first, agent="a" * 1000),
    ]
    assert {invalid for _, invalid in settled(works)} == {""}
    counts = {row.pk: (row.requests, row.denials) for row in Token.objects.all()}
    assert counts == {first: (3, 0), second: (1, 1)}
    assert Token.objects.get(pk=first).last_used_agent == "a" * 200


def test_a_token_that_is_over_is_denied_beside_one_that_is_not():
    good, over, gone = issue().token, issue().token, issue().token
    Token.objects.filter(pk=over.pk).update(revoked_at=timezone.now())
    gone_id = gone.pk
    gone.delete()
    works = [work(good.pk), work(over.pk), work(gone_id)]
    before = [each.draft.id for each in works]
    assert settled(works) == [("allowed", ""), ("denied", "revoked"), ("denied", "unknown_token")]
    assert [each.draft.id for each in works] == before
    assert works[1].draft.subject["status"] == 401
    assert Token.objects.get(pk=over.pk).last_used_at is None
