"""One commit, many uses: each is counted, and none of a token that is over is allowed."""

from datetime import UTC, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone

from keyhole.audit.log import ALLOWED, Draft
from keyhole.audit.writer import Work
from keyhole.tokens import usage
from keyhole.tokens.authority import Refused, identify, judge
from keyhole.tokens.memo import Memo
from keyhole.tokens.models import Seen, Token, UsageDay
from keyhole.tokens.usage import Use, settle
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(usage, "_memo", Memo())


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


def test_requests_and_denials_are_counted_by_the_day():
    first, second = issue().token.pk, issue().token.pk
    today = timezone.now()
    for at in (today - timedelta(days=1), today, today):
        with transaction.atomic():
            settle([work(first), work(first, allowed=False), work(second)], at)
    rows = UsageDay.objects.order_by("token", "day").values_list("token_id", "day", "requests", "denials")
    yesterday, day = (today - timedelta(days=1)).astimezone(UTC).date(), today.astimezone(UTC).date()
    assert list(rows) == [
        (first, yesterday, 1, 1),
        (first, day, 2, 2),
        (second, yesterday, 1, 0),
        (second, day, 2, 0),
    ]


def test_what_a_token_was_used_for_and_from_where_is_remembered():
    issued = issue()
    bearer = identify(issued.secret)
    for _ in range(2):
        judge(bearer, fetch(), CIRCUMSTANCES)
    with pytest.raises(Refused):
        judge(bearer, fetch(8), CIRCUMSTANCES)
    seen = Seen.objects.filter(token=issued.token).values_list("kind", "what")
    assert sorted(seen) == [
        ("address", "192.0.2.7"),
        ("agent", "git/2.39"),
        ("operation", "git/fetch"),
        ("permission", "contents:read"),
        ("repository", "7"),
    ]


def test_what_was_rolled_back_is_written_by_the_next_commit():
    token = issue().token.pk
    with pytest.raises(RuntimeError), transaction.atomic():
        settle([work(token)], timezone.now())
        raise RuntimeError
    assert not Seen.objects.exists()
    assert not UsageDay.objects.exists()
    settled([work(token)])
    assert Seen.objects.count() == 2


def test_things_seen_again_hours_later_move_on():
    token, now = issue().token.pk, timezone.now()
    for at in (now, now + timedelta(hours=2)):
        with transaction.atomic():
            settle([work(token)], at)
    seen = Seen.objects.filter(kind="address").get()
    assert (seen.first_at, seen.last_at) == (now, now + timedelta(hours=2))


def test_what_was_not_seen_for_long_or_is_too_much_is_forgotten(monkeypatch):
    monkeypatch.setattr(usage, "_MOST_SEEN", 3)
    token, now = issue().token, timezone.now()
    for number in range(6):
        moment = now - timedelta(days=number)
        Seen.objects.create(token=token, kind="agent", what=f"bot {number}", first_at=moment, last_at=moment)
    old = now - timedelta(days=91)
    Seen.objects.create(token=token, kind="address", what="192.0.2.1", first_at=old, last_at=old)
    UsageDay.objects.create(token=token, day=(now - timedelta(days=401)).date())
    UsageDay.objects.create(token=token, day=now.date())
    usage.prune(now)
    assert sorted(Seen.objects.values_list("what", flat=True)) == ["bot 0", "bot 1", "bot 2"]
    assert UsageDay.objects.count() == 1


def test_an_upgrade_counts_what_the_audit_log_knows():
    issued = issue()
    bearer = identify(issued.secret)
    for _ in range(2):
        judge(bearer, fetch(), CIRCUMSTANCES)
    with pytest.raises(Refused):
        judge(bearer, fetch(8), CIRCUMSTANCES)
    counted = list(UsageDay.objects.values("token_id", "day", "requests", "denials"))
    seen = set(Seen.objects.values_list("token_id", "kind", "what"))
    UsageDay.objects.all().delete()
    Seen.objects.all().delete()
    migration = import_module("keyhole.tokens.migrations.0003_use_from_the_log")
    for _ in range(2):
        migration.count(apps, None)
    assert list(UsageDay.objects.values("token_id", "day", "requests", "denials")) == counted
    assert set(Seen.objects.values_list("token_id", "kind", "what")) == seen
