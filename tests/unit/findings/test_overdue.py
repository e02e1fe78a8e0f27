"""Overdue findings are spoken of once a day for each environment, from the hour of the summaries on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keyhole.accounts.services import local_caller
from keyhole.environments import services
from keyhole.environments.services import EnvironmentSpec
from keyhole.findings import overdue
from keyhole.findings.models import Problem
from keyhole.jobs.registry import find
from keyhole.repositories.models import Repository
from tests.unit.findings.making import repository, scan_of, secret, settle
from tests.unit.jobs.room import working

pytestmark = pytest.mark.django_db

MORNING = datetime(2030, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def told(monkeypatch):
    events = []
    monkeypatch.setattr(overdue, "publish", lambda caller, event, also=(): events.append(event))
    return events


@pytest.fixture
def clock(monkeypatch):
    def set_to(moment):
        monkeypatch.setattr(overdue.timezone, "now", lambda: moment)

    return set_to


@pytest.fixture
def live():
    row = services.create(local_caller(), EnvironmentSpec("Live", due_days={"high": 7}))
    settle(scan_of(repository(), [secret("a"), secret("b", path="b.py")], environment=row))
    return row


def due():
    return list(find(overdue.KIND).unfinished())


def test_once_a_day_while_there_are_any(live, told, clock):
    clock(MORNING)
    assert due() == [live.pk]
    overdue.remind_of_overdue(live.pk)
    overdue.remind_of_overdue(live.pk)
    assert [event.title for event in told] == ["2 findings overdue in Live"]
    assert due() == []
    clock(MORNING + timedelta(days=1))
    Problem.objects.filter(path="b.py").update(status="fixed")
    overdue.remind_of_overdue(live.pk)
    assert told[-1].title == "1 finding overdue in Live"
    assert told[-1].facts == {"High": "1"}


@pytest.mark.django_db(transaction=True)
def test_thirty_days_in_a_row_each_have_their_reminder(live, told, clock, settings, tmp_path):
    clock(MORNING.replace(hour=1))
    with working(settings, tmp_path, overdue.KIND) as over:
        for day in range(30):
            clock(MORNING + timedelta(days=day))
            over(overdue.KIND, live.pk, day + 1)
            assert len(told) == day + 1


@pytest.mark.parametrize(
    ("moment", "change"),
    [
        (MORNING.replace(hour=7), {}),
        (MORNING, {"due_at": MORNING + timedelta(days=1)}),
        (MORNING, {"status": "fixed"}),
    ],
)
def test_not_before_the_hour_nor_without_reason(live, told, clock, moment, change):
    if change:
        Problem.objects.update(**change)
    clock(moment)
    assert due() == []


def test_what_is_in_a_repository_that_was_disconnected_is_nobodys_duty_any_more(live, told, clock):
    clock(MORNING)
    Repository.objects.update(removed_at=MORNING)
    assert due() == []
    overdue.remind_of_overdue(live.pk)
    assert told == []


def test_a_removed_environment_is_silent(live, told, clock):
    services.remove(local_caller(), live.pk)
    clock(MORNING)
    assert due() == []
    overdue.remind_of_overdue(live.pk)
    assert not told
