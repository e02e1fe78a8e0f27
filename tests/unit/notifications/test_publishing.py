"""Publishing: cheap, safe from anywhere, and told to exactly those who want to know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from keyhole.core.caller import Caller, Via
from keyhole.notifications import delivery as job
from keyhole.notifications import publishing, services
from keyhole.notifications.events import OTHERS, Event, Severity
from keyhole.notifications.models import Channel, Delivery, Occurrence, State, When
from keyhole.notifications.publishing import next_summary, publish
from keyhole.notifications.services import RuleSpec
from tests import canaries
from tests.unit.notifications.kit import bodies, event, webhook
from tests.unit.providers.http_kit import said, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]

JOB = Caller(None, "watch", Via.JOB)
NOW = {OTHERS: RuleSpec(When.IMMEDIATELY)}
DAILY = {OTHERS: RuleSpec(When.DAILY)}


@pytest.fixture(autouse=True)
def queued(settings, monkeypatch):
    """What is handed to the engine; the tests run it themselves."""
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    found = []
    monkeypatch.setattr(publishing.engine, "enqueue", lambda kind, row: found.append((kind, row)))
    return found


@pytest.fixture
def receiver():
    with serving(said(200, b"ok")) as server:
        yield server


def states():
    return [(row.state, row.attempts) for row in Delivery.objects.order_by("pk")]


def test_with_nobody_who_wants_to_know_nothing_is_stored(queued):
    publish(JOB, event())
    assert Occurrence.objects.count() == Delivery.objects.count() == 0
    assert queued == []


def test_a_channel_that_was_chosen_for_the_thing_is_told_whatever_its_rules_say(receiver, queued):
    chosen = webhook(receiver.url, rules={OTHERS: RuleSpec(When.NEVER)})
    publish(JOB, event())
    assert queued == []
    publish(JOB, event(), also=(chosen.channel.pk,))
    assert [kind for kind, _ in queued] == ["notification"]


def test_an_event_arrives(receiver, queued):
    webhook(receiver.url, rules=NOW)
    publish(JOB, event())
    ((kind, row),) = queued
    assert kind == "notification"
    job.run(row)
    assert states() == [(State.SENT, 1)]
    (body,) = bodies(receiver)
    assert (body["title"], body["delivery"]) == ("GitHub refuses Harbour", row)
    assert Occurrence.objects.get().by == "watch"
    job.run(row)
    assert len(receiver.requests) == 1, "once it has ended, it is not sent again"


RULES = [
    ({}, "scan.failed", Severity.CRITICAL, When.NEVER),
    (NOW, "scan.failed", Severity.INFO, When.IMMEDIATELY),
    (NOW, "kind.of_later", Severity.INFO, When.IMMEDIATELY),
    ({OTHERS: RuleSpec(When.IMMEDIATELY, Severity.WARNING)}, "scan.failed", Severity.INFO, When.NEVER),
    (
        {OTHERS: RuleSpec(When.IMMEDIATELY, Severity.WARNING)},
        "scan.failed",
        Severity.WARNING,
        When.IMMEDIATELY,
    ),
    ({**NOW, "scan.failed": RuleSpec(When.NEVER)}, "scan.failed", Severity.CRITICAL, When.NEVER),
    (
        {**NOW, "scan.failed": RuleSpec(When.DAILY, Severity.CRITICAL)},
        "scan.failed",
        Severity.WARNING,
        When.NEVER,
    ),
    ({"scan.failed": RuleSpec(When.DAILY)}, "scan.failed", Severity.INFO, When.DAILY),
    ({"scan.failed": RuleSpec(When.DAILY)}, "scan.findings", Severity.CRITICAL, When.NEVER),
]


@pytest.mark.parametrize(("rules", "kind", "severity", "when"), RULES)
def test_the_rule_of_the_kind_counts_and_otherwise_the_one_for_others(receiver, rules, kind, severity, when):
    channel = webhook(receiver.url, rules=rules).channel
    channel = Channel.objects.prefetch_related("rules").get(pk=channel.pk)
    assert publishing.wanted(channel, event(kind, severity)) is when


def test_a_day_is_one_message(receiver, queued):
    channel = webhook(receiver.url, rules=DAILY).channel
    for number in range(3):
        publish(JOB, event(title=f"event {number}"))
    assert queued == []
    (row,) = Delivery.objects.all()
    assert row.due_at == next_summary(row.created_at)
    job.run(row.pk)
    assert states() == [(State.WAITING, 0)], "not before it is due"
    Delivery.objects.update(due_at=timezone.now())
    assert list(job._unfinished()) == [row.pk]
    job.run(row.pk)
    assert states() == [(State.SENT, 1)]
    (body,) = bodies(receiver)
    assert (body["title"], body["summary"]) == ("3 events in Keyhole", True)
    assert [each["title"] for each in body["events"]] == ["event 0", "event 1", "event 2"]
    publish(JOB, event())
    assert Delivery.objects.filter(channel=channel, state=State.WAITING).count() == 1, "the next day's"


@pytest.mark.parametrize(("hour", "day"), [(0, 21), (7, 21), (8, 22), (23, 22)])
def test_when_the_next_summary_is_due(hour, day):
    assert next_summary(datetime(2026, 9, 21, hour, 0, 1, tzinfo=UTC)) == datetime(
        2026, 9, day, 8, tzinfo=UTC
    )


def test_a_flood_becomes_one_message(receiver, queued, monkeypatch):
    monkeypatch.setattr(publishing, "MOST_AN_HOUR", 3)
    webhook(receiver.url, rules=NOW)
    for number in range(10):
        publish(JOB, event(title=f"event {number}"))
    assert len(queued) == 3
    summary = Delivery.objects.get(summary=True)
    assert summary.occurrences.count() == 7
    assert summary.due_at <= timezone.now() + timedelta(hours=1)


def test_paused_and_removed_channels_are_told_nothing(receiver, queued):
    from keyhole.accounts.services import local_caller

    channel = webhook(receiver.url, rules=NOW).channel
    publish(JOB, event())
    services.set_paused(local_caller(), channel.pk, True)
    publish(JOB, event())
    ((_, row),) = queued
    job.run(row)
    assert receiver.requests == []
    assert Delivery.objects.get().state == State.FAILED
    services.remove(local_caller(), channel.pk)
    publish(JOB, event())
    assert len(queued) == 1


def test_inside_a_transaction_it_counts_when_that_is_committed(receiver, queued):
    webhook(receiver.url, rules=NOW)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(JOB, event())
        raise ZeroDivisionError
    assert queued == []
    assert Occurrence.objects.count() == 0
    with transaction.atomic():
        publish(JOB, event())
        assert queued == []
    assert len(queued) == 1


def test_publishing_never_breaks_who_publishes(receiver, monkeypatch, caplog):
    webhook(receiver.url, rules=NOW)

    def broken(*_):
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_deliveries", broken)
        publish(JOB, event())
    publish(JOB, Event("x.y", "nonsense", "t"))
    monkeypatch.setattr(publishing.engine, "enqueue", broken)
    publish(JOB, event())
    assert list(job._unfinished()) == [Delivery.objects.get().pk], "found by the workers all the same"
    assert "could not be stored" in caplog.text


def test_what_looks_like_a_token_or_leads_elsewhere_is_not_stored(receiver):
    token = canaries.watch("token in an event", f"ghp_{'Z' * 36}")
    webhook(receiver.url, rules=NOW)
    publish(
        JOB, event(title=f"no {token}\r\nX", text=token * 100, url="https://evil.example", facts={"a": token})
    )
    publish(JOB, event(url="//evil.example", facts={str(number): "x" * 999 for number in range(99)}))
    first, second = Occurrence.objects.order_by("pk")
    assert (first.title, first.url, first.facts) == ("no *** X", "", {"a": "***"})
    assert token not in first.text
    assert second.url == ""
    assert len(second.facts) == 20
    assert max(map(len, second.facts.values())) == 300
