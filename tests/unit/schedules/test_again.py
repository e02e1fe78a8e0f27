"""A push whose scan fails is scanned again, a few times, and then said to have failed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.core.errors import Unavailable
from keyhole.jobs.registry import find
from keyhole.scans import services as scans
from keyhole.scans.models import Scan, State
from keyhole.schedules import again, jobs, running, services, telling, tips
from keyhole.schedules.models import Cause, Occurrence, Schedule, Seen
from keyhole.schedules.pushes import note_push
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


def never_looks(schedule):
    schedule.occurrences.filter(done_at=None).delete()
    Schedule.objects.update(poll_minutes=0)


def pauses(schedule):
    """Lets it come due until nothing is planned any more; returns the minutes between."""
    waited = []
    while occurrence := schedule.occurrences.filter(done_at=None, cause=Cause.PUSH).first():
        before = timezone.now()
        Occurrence.objects.filter(pk=occurrence.pk).update(due_at=before)
        assert run(occurrence).failed
        following = schedule.occurrences.filter(done_at=None, cause=Cause.PUSH).first()
        if following is not None:
            waited.append(round((following.due_at - before).total_seconds() / 60))
    return waited


def test_what_cannot_be_looked_at_is_looked_at_for_days(pushed, places, away):
    never_looks(pushed)
    Scan.objects.update(state=State.COMPLETE)
    note_push(places[0].pk)
    assert pauses(pushed) == [2**number for number in range(12)]
    first, *_, last = services.runs(local_caller(), pushed.pk).filter(failed=True).order_by("pk")
    name = places[0].full_name
    assert first.outcome == f"tried again in 1 minute; {name}: GitHub does not answer."
    assert last.outcome == f"{name}: GitHub does not answer."


def test_once_it_answers_the_push_is_scanned(pushed, places, tmp_path, away):
    never_looks(pushed)
    Scan.objects.update(state=State.COMPLETE)
    git("commit", "-q", "--allow-empty", "-m", "second", at=tmp_path / "harbour" / places[0].name)
    note_push(places[0].pk)
    for _ in range(7):
        run(open_one(pushed, Cause.PUSH))
    away.undo()
    assert run(open_one(pushed, Cause.PUSH)).started == 1
    assert not pushed.occurrences.filter(done_at=None).exists()


def test_a_push_meanwhile_is_looked_at_soon(pushed, places, away):
    never_looks(pushed)
    Scan.objects.update(state=State.COMPLETE)
    note_push(places[0].pk)
    for _ in range(7):
        run(open_one(pushed, Cause.PUSH))
    note_push(places[0].pk)
    waiting = open_one(pushed, Cause.PUSH)
    assert (waiting.due_at < timezone.now() + timedelta(minutes=1), waiting.tries) == (True, 1)


def test_a_push_during_the_last_look_is_looked_at_as_often_as_any(pushed, places, away):
    never_looks(pushed)
    Scan.objects.update(state=State.COMPLETE)
    note_push(places[0].pk)
    Occurrence.objects.filter(done_at=None).update(due_at=timezone.now(), tries=again.MOST_LOOKS)

    def refuse(*_args):
        note_push(places[0].pk)
        raise Unavailable("GitHub does not answer.")

    away.setattr(tips, "current", refuse)
    assert run(open_one(pushed, Cause.PUSH)).failed
    assert open_one(pushed, Cause.PUSH).tries == 2


def test_a_schedule_that_is_paused_during_a_look_that_fails_is_left_alone(pushed, places, away):
    never_looks(pushed)
    Scan.objects.update(state=State.COMPLETE)
    note_push(places[0].pk)

    def refuse(*_args):
        services.set_paused(local_caller(), pushed.pk, paused=True)
        raise Unavailable("GitHub does not answer.")

    away.setattr(tips, "current", refuse)
    running.carry_out(open_one(pushed, Cause.PUSH).pk)
    assert not pushed.occurrences.filter(done_at=None).exists()


def test_the_first_look_of_a_schedule_that_is_told_only_is_made_again_too(make, places, away):
    schedule = make(when="push", cron="", poll_minutes=0, repository_ids=(places[0].pk,))
    for _ in range(4):
        run(open_one(schedule, Cause.LOOK))
    away.undo()
    assert run(open_one(schedule, Cause.LOOK)).started == 1
    assert not schedule.occurrences.filter(done_at=None).exists()


def test_a_schedule_that_was_paused_meanwhile_is_not_tried_again(pushed, places, away):
    never_looks(pushed)
    note_push(places[0].pk)
    run(open_one(pushed, Cause.PUSH))
    services.set_paused(local_caller(), pushed.pk, paused=True)
    assert not pushed.occurrences.filter(done_at=None).exists()


def test_a_look_that_ends_with_an_error_of_ours_is_made_again_and_told(pushed, places, monkeypatch):
    told = []
    monkeypatch.setattr(telling, "publish", lambda _caller, event: told.append(event.facts) or True)
    never_looks(pushed)
    note_push(places[0].pk)
    jobs._failed(open_one(pushed, Cause.PUSH).pk, "An unexpected OSError in begin_scans.")
    assert told == [{"Problem 1": "An unexpected OSError in begin_scans."}]
    assert open_one(pushed, Cause.PUSH).tries == 2


def test_a_scan_that_failed_is_begun_again_once_github_answers(pushed, away):
    never_looks(pushed)
    fail()
    assert see_to() == 1
    for _ in range(5):
        run(open_one(pushed, Cause.PUSH))
    away.undo()
    assert run(open_one(pushed, Cause.PUSH)).started == 1
    assert Seen.objects.get().tries == 2


def test_where_it_looks_by_itself_a_look_scans_whenever_there_is_an_answer(pushed, away):
    fail()
    assert see_to() == 1
    assert len(pauses(pushed)) == 12
    for _ in range(3):
        run(open_one(pushed, Cause.LOOK))
    away.undo()
    assert run(open_one(pushed, Cause.LOOK)).started == 1
    assert Seen.objects.get().tries == 2


@pytest.mark.parametrize("seen_to", [True, False])
def test_deleting_a_scan_that_failed_leaves_its_push_to_be_scanned(pushed, seen_to):
    never_looks(pushed)
    fail()
    assert not seen_to or see_to() == 1
    scans.delete(local_caller(), Scan.objects.get().pk)
    assert see_to() == 0
    assert run(open_one(pushed, Cause.PUSH)).started == 1


def test_deleting_it_while_github_is_away_does_not_call_the_push_off(pushed, away):
    never_looks(pushed)
    fail()
    see_to()
    scans.delete(local_caller(), Scan.objects.get().pk)
    done = run(open_one(pushed, Cause.PUSH))
    assert (done.started, done.failed) == (0, True)
    away.undo()
    assert run(open_one(pushed, Cause.PUSH)).started == 1


@pytest.mark.parametrize(("state", "tries"), [(State.COMPLETE, 1), (State.STOPPED, 1), (State.FAILED, 3)])
def test_deleting_another_scan_begins_none(pushed, state, tries):
    Seen.objects.update(tries=tries)
    Scan.objects.update(state=state)
    see_to()
    scans.delete(local_caller(), Scan.objects.get().pk)
    assert run(open_one(pushed, Cause.LOOK)).started == 0
    assert not pushed.occurrences.filter(done_at=None, cause=Cause.PUSH).exists()
