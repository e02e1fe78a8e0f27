"""A push whose scan fails is scanned again, a few times, and then said to have failed."""

from __future__ import annotations

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.core.errors import Unavailable
from keyhole.jobs.registry import find
from keyhole.scans import services as scans
from keyhole.scans.models import Scan, State
from keyhole.schedules import again, services, tips
from keyhole.schedules.models import Cause, Schedule, Seen
from tests.unit.scans.test_services import git
from tests.unit.schedules.test_running import open_one, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pushed(make, places):
    """A schedule that has begun the first scan of one repository."""
    schedule = make(when="push", cron="", poll_minutes=5, repository_ids=(places[0].pk,))
    run(open_one(schedule, Cause.LOOK))
    return schedule


def fail(reason="GitHub did not answer"):
    Scan.objects.exclude(state=State.FAILED).update(state=State.FAILED, reason=reason)


def see_to():
    """What the workers do; returns how many rows there were to see to."""
    rows = list(find(again.KIND).unfinished())
    for row in [*rows, *rows]:  # twice, as after a crash
        again.see_to(row)
    assert list(find(again.KIND).unfinished()) == []
    return len(rows)


def test_it_is_scanned_three_times_and_then_shown_as_failed(pushed):
    assert see_to() == 0  # it runs
    for number in (2, 3):
        fail()
        assert see_to() == 1
        due = open_one(pushed, Cause.PUSH)
        assert due.due_at > timezone.now()
        assert run(due).started == 1
        assert Scan.objects.count() == number
    fail("the disk is full")
    assert see_to() == 1
    assert not pushed.occurrences.filter(done_at=None, cause=Cause.PUSH).exists()
    (last,) = services.runs(local_caller(), pushed.pk).filter(failed=True)
    assert "not scanned in 3 tries; its last scan failed: the disk is full" in last.outcome
    assert run(open_one(pushed, Cause.LOOK)).outcome == "1 repository unchanged"


def test_another_push_begins_anew(pushed, places, tmp_path):
    fail()
    see_to()
    git("commit", "-q", "--allow-empty", "-m", "second", at=tmp_path / "harbour" / places[0].name)
    assert run(open_one(pushed, Cause.PUSH)).started == 1
    assert Seen.objects.get().tries == 1


def test_a_scan_that_works_in_the_end_is_left_alone(pushed):
    fail()
    see_to()
    run(open_one(pushed, Cause.PUSH))
    Scan.objects.exclude(state=State.FAILED).update(state=State.COMPLETE)
    assert see_to() == 0
    assert run(open_one(pushed, Cause.LOOK)).outcome == "1 repository unchanged"


@pytest.mark.parametrize("state", [State.STOPPED, State.INCOMPLETE])
def test_what_somebody_stopped_or_what_saw_a_part_is_not_begun_again(pushed, state):
    Scan.objects.update(state=state)
    assert see_to() == 0
    assert run(open_one(pushed, Cause.LOOK)).started == 0


def test_what_failed_is_looked_at_after_a_pause(pushed):
    services.set_paused(local_caller(), pushed.pk, paused=True)
    fail()
    assert see_to() == 0
    services.set_paused(local_caller(), pushed.pk, paused=False)
    assert run(open_one(pushed, Cause.LOOK)).started == 1


def test_run_by_hand_after_all_tries_counts_as_one_more(pushed):
    Seen.objects.update(tries=3)
    fail()
    see_to()
    services.run_now(local_caller(), pushed.pk)
    assert run(open_one(pushed, Cause.HAND)).started == 1
    fail("still full")
    see_to()
    assert (
        "in 4 tries; its last scan failed: still full"
        in services.runs(local_caller(), pushed.pk).filter(failed=True)[0].outcome
    )


@pytest.fixture
def away():
    """GitHub does not answer."""

    def refuse(*_args):
        raise Unavailable("GitHub does not answer.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tips, "current", refuse)
        yield patch


def never_looks(schedule):
    schedule.occurrences.filter(done_at=None).delete()
    Schedule.objects.update(poll_minutes=0)


def test_what_cannot_be_looked_at_is_tried_three_times_too(pushed, away):
    never_looks(pushed)
    fail()
    for _ in (2, 3):
        assert see_to() == 1
        done = run(open_one(pushed, Cause.PUSH))
        assert (done.started, done.failed) == (0, True)
    assert see_to() == 1
    assert not pushed.occurrences.filter(done_at=None).exists()
    outcomes = [each.outcome for each in services.runs(local_caller(), pushed.pk)]
    name = Seen.objects.get().repository.full_name
    assert f"{name}: not scanned in 3 tries; its last scan failed: GitHub did not answer" in outcomes


def test_once_it_answers_the_next_try_scans(pushed, away):
    never_looks(pushed)
    fail()
    see_to()
    run(open_one(pushed, Cause.PUSH))
    away.undo()
    assert see_to() == 1
    assert run(open_one(pushed, Cause.PUSH)).started == 1
    assert Seen.objects.get().tries == 3


def test_where_it_looks_by_itself_a_look_scans_whenever_there_is_an_answer(pushed, away):
    fail()
    for _ in range(2):
        assert see_to() == 1
        run(open_one(pushed, Cause.PUSH))
    assert see_to() == 0
    for _ in range(3):
        run(open_one(pushed, Cause.LOOK))
    away.undo()
    assert run(open_one(pushed, Cause.LOOK)).started == 1
    assert Seen.objects.get().tries == 3


@pytest.mark.parametrize("seen_to", [True, False])
def test_deleting_a_scan_that_failed_leaves_its_push_to_be_scanned(pushed, seen_to):
    never_looks(pushed)
    fail()
    assert not seen_to or see_to() == 1
    scans.delete(local_caller(), Scan.objects.get().pk)
    assert see_to() == 0
    assert run(open_one(pushed, Cause.PUSH)).started == 1


@pytest.mark.parametrize(("state", "tries"), [(State.COMPLETE, 1), (State.STOPPED, 1), (State.FAILED, 3)])
def test_deleting_another_scan_begins_none(pushed, state, tries):
    Seen.objects.update(tries=tries)
    Scan.objects.update(state=state)
    see_to()
    scans.delete(local_caller(), Scan.objects.get().pk)
    assert run(open_one(pushed, Cause.LOOK)).started == 0
    assert not pushed.occurrences.filter(done_at=None, cause=Cause.PUSH).exists()
