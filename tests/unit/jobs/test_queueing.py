"""What is asked for a row is asked for that row alone, and what waits already is not looked up again."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.inventory.models import Refresh
from keyhole.jobs import engine, job, queueing
from keyhole.jobs.durable import Ledger
from tests.unit.jobs.room import Room


def test_rows_that_are_listed_are_looked_for_in_the_list(room):
    job(room.kind, unfinished=lambda: [1, 3], failed=room.end)(print)
    errand = engine.find(room.kind)
    assert queueing.unfinished(errand, 3)
    assert not queueing.unfinished(errand, 2)


@pytest.mark.django_db
def test_a_query_is_asked_for_the_one_row(room, django_assert_num_queries):
    open_, ended = (Refresh.objects.create(open=each, due_at=timezone.now()) for each in (True, False))
    rows = Refresh.objects.filter(open=True, due_at__lt=timezone.now() + timedelta(1))
    job(room.kind, unfinished=lambda: rows.values_list("pk", flat=True), failed=room.end)(print)
    errand = engine.find(room.kind)
    with django_assert_num_queries(2) as asked:
        assert queueing.unfinished(errand, open_.pk)
        assert not queueing.unfinished(errand, ended.pk)
    assert all("LIMIT 1" in each["sql"] for each in asked)


def test_what_waits_is_not_looked_up_row_by_row(room, monkeypatch):
    looked_up, original = [], Ledger.runs
    monkeypatch.setattr(
        Ledger, "runs", lambda self, kind, row: looked_up.append(row) or original(self, kind, row)
    )
    long = Room("journey")

    @job("journey", unfinished=long.unfinished, failed=long.end, long=True)
    def journey(row):
        while not engine.stopping():
            threading.Event().wait(0.01)

    engine.start()
    engine._worker._reaper.stop()
    long.rows.update(dict.fromkeys(range(1, 7)))
    engine._worker._reaper.look()
    assert sorted(looked_up) == [1, 2, 3, 4, 5, 6]
    engine._worker._reaper.look()
    assert len(looked_up) == 6
