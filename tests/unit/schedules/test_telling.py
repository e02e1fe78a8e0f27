"""What a schedule cannot scan is told at once and then once a day, each repository's own trouble by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from keyhole.core.errors import Unavailable
from keyhole.notifications import publishing
from keyhole.scans.models import Scan, State
from keyhole.schedules import telling, tips
from keyhole.schedules.models import Cause, Occurrence, Schedule
from keyhole.schedules.pushes import note_push
from keyhole.schedules.telling import Problem
from tests.unit.scans.test_services import git
from tests.unit.schedules.test_again import fail, see_to
from tests.unit.schedules.test_running import open_one, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(monkeypatch):
    """The first problem of each message."""
    said = []

    def publish(_caller, event):
        said.append(event.facts["Problem 1"])
        return True

    monkeypatch.setattr(telling, "publish", publish)
    return said


def refusing(why):
    def refuse(*_args):
        raise Unavailable(why)

    return refuse


def test_the_same_is_told_once_a_day_and_anything_new_at_once(make, places, away, told):
    schedule = make(when="push", cron="", poll_minutes=5, repository_ids=(places[0].pk,))
    for _ in range(4):
        assert run(open_one(schedule, Cause.LOOK)).failed
    assert len(told) == 1
    kept = Schedule.objects.get().told
    old = (timezone.now() - telling.AGAIN).isoformat()
    Schedule.objects.update(told={key: [digest, old] for key, (digest, _) in kept.items()})
    for _ in range(2):
        run(open_one(schedule, Cause.LOOK))
    assert len(told) == 2
    with away.context() as back:
        back.setattr(tips, "current", lambda *_args: tips.NOTHING)
        assert not run(open_one(schedule, Cause.LOOK)).failed
    assert Schedule.objects.get().told is None
    run(open_one(schedule, Cause.LOOK))
    away.setattr(tips, "current", refusing("The connection's token has expired."))
    run(open_one(schedule, Cause.LOOK))
    assert len(told) == 4
    assert told[-1].endswith("The connection's token has expired.")


def test_what_fails_every_night_is_told_every_night(make, told, monkeypatch):
    schedule, begin = make(), timezone.now()
    for day, late in enumerate([9, 4, 8, 3, 7, 2]):  # seconds after its time, as workers come to it
        now = begin + timedelta(days=day, seconds=late)
        monkeypatch.setattr(telling.timezone, "now", lambda now=now: now)
        telling.tell(schedule, [Problem("tide: cannot be read", 1)])
    assert len(told) == 6


def test_after_a_push_that_was_scanned_the_next_failure_is_told(make, places, told, tmp_path):
    schedule = make(when="push", cron="", poll_minutes=0, repository_ids=(places[0].pk,))
    run(open_one(schedule, Cause.LOOK))
    for number in range(1, 4):
        Scan.objects.update(state=State.COMPLETE)
        git("commit", "-q", "--allow-empty", "-m", f"{number}", at=tmp_path / "harbour" / places[0].name)
        note_push(places[0].pk)
        with pytest.MonkeyPatch.context() as gone:
            gone.setattr(tips, "current", refusing("GitHub does not answer."))
            for _ in range(2):
                assert run(open_one(schedule, Cause.PUSH)).failed
        assert len(told) == number
        assert run(open_one(schedule, Cause.PUSH)).started == 1


def test_each_push_that_is_given_up_is_told(make, places, told, tmp_path):
    schedule = make(when="push", cron="", poll_minutes=0, repository_ids=(places[0].pk,))
    run(open_one(schedule, Cause.LOOK))
    for number in (1, 2):
        for _ in range(2):
            fail("disk full")
            see_to()
            assert run(open_one(schedule, Cause.PUSH)).started == 1
        fail("disk full")
        see_to()
        assert len(told) == number
        git("commit", "-q", "--allow-empty", "-m", f"{number}", at=tmp_path / "harbour" / places[0].name)
        note_push(places[0].pk)
        assert run(open_one(schedule, Cause.PUSH)).started == 1


def test_the_troubles_of_two_repositories_do_not_take_turns(make, places, away, told):
    schedule = make(when="push", cron="", poll_minutes=0)
    for _ in range(4):
        for place in places:
            note_push(place.pk)
            run(Occurrence.objects.get(schedule=schedule, cause=Cause.PUSH, subject=place.pk, done_at=None))
    assert len(told) == 2


def test_what_could_not_be_stored_is_told_the_next_time(make, monkeypatch):
    schedule, tries = make(), []

    def locked(*_args):
        tries.append(1)
        raise DatabaseError("locked")

    with monkeypatch.context() as broken:
        broken.setattr(publishing, "_deliveries", locked)
        for _ in range(2):
            telling.tell(schedule, [Problem("tide: cannot be read", 1)])
    assert (len(tries), Schedule.objects.get().told) == (2, None)
    telling.tell(schedule, [Problem("tide: cannot be read", 1)])
    assert list(Schedule.objects.get().told) == ["1"]
