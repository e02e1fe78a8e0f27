"""Deliveries are attempted again until they arrive, within bounds, and say in plain words how far they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.core.errors import Unavailable
from keyhole.jobs import registry
from keyhole.notifications import delivery as job
from keyhole.notifications.models import Channel, Delivery, Occurrence, State
from tests.unit.notifications.kit import bodies, webhook
from tests.unit.providers.http_kit import said, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True


def waiting(channel, **more):
    row = Delivery.objects.create(channel=channel, due_at=timezone.now(), **more)
    row.occurrences.add(
        Occurrence.objects.create(kind="scan.failed", severity="warning", title="Scan failed", by="x")
    )
    return row


def due_again(row):
    Delivery.objects.filter(pk=row.pk).update(due_at=timezone.now())
    job.run(row.pk)
    row.refresh_from_db()


def test_the_job_is_known_to_the_workers():
    assert "notification" in {each.kind for each in registry.registered()}


def test_u1_a_receiver_that_is_down_is_tried_again_five_times_in_all():
    with serving(said(503, b"")) as server:
        row = waiting(webhook(server.url).channel)
        pauses = []
        for _ in range(7):
            before = timezone.now()
            due_again(row)
            if row.state == State.WAITING:
                pauses.append(round((row.due_at - before).total_seconds() / 60))
    assert pauses == [1, 5, 30, 120]
    assert (row.state, row.attempts) == (State.FAILED, 5)
    assert "status 503" in row.problem
    assert len(server.requests) == 5
    assert {body["delivery"] for body in bodies(server)} == {row.pk}, "the same number each time"
    assert "status 503" in Channel.objects.get().problem


def test_one_that_comes_back_gets_it():
    answers = [said(500, b""), said(200, b"ok")]
    with serving(lambda connection, _: connection.sendall(answers.pop(0))) as server:
        row = waiting(webhook(server.url).channel)
        due_again(row)
        assert row.state == State.WAITING
        job.run(row.pk)
        assert len(server.requests) == 1, "not before it is due again"
        due_again(row)
    assert (row.state, row.attempts) == (State.SENT, 2)
    channel = Channel.objects.get()
    assert channel.problem == ""
    assert channel.sent_at


def test_what_is_refused_for_good_is_not_tried_again():
    with serving(said(410, b"gone")) as server:
        row = waiting(webhook(server.url).channel)
        due_again(row)
    assert (row.state, row.attempts) == (State.FAILED, 1)
    assert "status 410" in row.problem


def test_a_sealed_vault_is_waited_for(monkeypatch):
    with serving(said()) as server:
        row = waiting(webhook(server.url).channel)

        def sealed(*_):
            raise Unavailable("The vault is sealed.", hint="Put the keys back.")

        with monkeypatch.context() as patch:
            patch.setattr(job.vault, "reveal", sealed)
            due_again(row)
        assert (row.state, row.problem) == (State.WAITING, "The vault is sealed. Put the keys back.")
        due_again(row)
    assert row.state == State.SENT


def test_an_attempt_whose_worker_died_is_made_again_after_a_while():
    with serving(said()) as server:
        row = waiting(webhook(server.url).channel)
        Delivery.objects.update(attempts=1, due_at=timezone.now() + job._LEASE)
        job.run(row.pk)
        assert server.requests == []
        due_again(row)
    assert (row.state, row.attempts) == (State.SENT, 2)


def test_one_that_every_worker_dies_of_is_not_tried_for_ever():
    with serving(said()) as server:
        row = waiting(webhook(server.url).channel)
        Delivery.objects.update(attempts=job.MOST_ATTEMPTS)
        due_again(row)
    assert (row.state, row.problem) == (State.FAILED, job.DIED)
    assert server.requests == []


def test_one_that_the_engine_gives_up_says_so():
    with serving(said()) as server:
        row = waiting(webhook(server.url).channel)
    job._failed(row.pk, "Given up after 5 attempts that ended without a result.")
    row.refresh_from_db()
    assert (row.state, row.problem[:8]) == (State.FAILED, "Given up")
    assert row.ended_at


def test_old_ones_are_forgotten():
    with serving(said(200, b"ok")) as server:
        channel = webhook(server.url).channel
        old, new = waiting(channel), waiting(channel)
        long_ago = timezone.now() - job.KEPT - timedelta(days=1)
        Delivery.objects.filter(pk=old.pk).update(state=State.SENT, ended_at=long_ago)
        Occurrence.objects.filter(deliveries=old).update(at=long_ago)
        due_again(new)
    assert list(Delivery.objects.values_list("pk", flat=True)) == [new.pk]
    assert Occurrence.objects.count() == 1
    assert local_caller()
