"""What a schedule does when it is due: scans what it names, once, what changed, and says what it could not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller
from keyhole.scans.models import Scan, State, Trigger
from keyhole.schedules import jobs, occurrences, running, services, tips
from keyhole.schedules.models import Cause, Occurrence
from keyhole.schedules.pushes import note_push
from tests.unit.jobs.room import working
from tests.unit.scans.test_services import git

pytestmark = pytest.mark.django_db(transaction=True)


def open_one(schedule, cause=Cause.TIME):
    return schedule.occurrences.get(done_at=None, cause=cause)


def run(occurrence):
    jobs.run(occurrence.pk)
    occurrence.refresh_from_db()
    return occurrence


def finish_scans():
    Scan.objects.update(state=State.COMPLETE)


def test_every_repository_is_scanned_and_the_next_time_stands(make, places):
    schedule = make()
    done = run(open_one(schedule))
    assert (done.outcome, done.started, done.failed) == ("2 scans started", 2, False)
    scans = Scan.objects.all()
    assert {scan.repository_id for scan in scans} == {each.pk for each in places}
    assert {scan.batch for scan in scans} == {done.batch}
    assert {scan.trigger for scan in scans} == {Trigger.SCHEDULE}
    assert {scan.requested_by_id for scan in scans} == {local_caller().user_id}
    assert open_one(schedule).due_at > timezone.now()


def test_what_was_begun_is_not_begun_twice(make, monkeypatch):
    occurrence = open_one(make())
    ended = occurrences.end
    monkeypatch.setattr(occurrences, "end", lambda *_args, **_named: False)  # as if the process died before
    running.carry_out(occurrence.pk)
    monkeypatch.setattr(occurrences, "end", ended)
    done = run(occurrence)
    assert done.started == 2
    assert Scan.objects.count() == 2


def test_a_scan_that_still_runs_is_not_overtaken(make):
    schedule = make()
    run(open_one(schedule))
    done = run(open_one(schedule))
    assert done.failed
    assert "still running" in done.outcome
    assert Scan.objects.count() == 2


def test_once_is_once(make):
    at = timezone.now() + timedelta(minutes=1)
    schedule = make(when="once", at=at, cron="")
    run(open_one(schedule))
    assert not schedule.occurrences.filter(done_at=None).exists()
    services.set_paused(local_caller(), schedule.pk, paused=True)
    services.set_paused(local_caller(), schedule.pk, paused=False)
    assert not schedule.occurrences.filter(done_at=None).exists()


def test_on_push_only_what_changed_is_scanned(make, places, tmp_path):
    schedule = make(when="push", cron="", poll_minutes=5)
    assert run(open_one(schedule, Cause.LOOK)).started == 2
    finish_scans()
    same = run(open_one(schedule, Cause.LOOK))
    assert (same.outcome, same.started) == ("2 repositories unchanged", 0)
    tide = next(each for each in places if each.name == "tide")
    git("commit", "-q", "--allow-empty", "-m", "second", at=tmp_path / "harbour" / "tide")
    note_push(tide.pk)
    note_push(tide.pk)
    pushed = open_one(schedule, Cause.PUSH)
    assert pushed.due_at > timezone.now()
    assert run(pushed).started == 1
    assert Scan.objects.order_by("-pk").first().repository_id == tide.pk
    assert Scan.objects.order_by("-pk").first().trigger == Trigger.PUSH


def test_looks_that_came_to_nothing_are_not_kept_and_all_others_are(make):
    schedule = make(when="push", cron="")
    first = run(open_one(schedule, Cause.LOOK))
    finish_scans()
    nothing = run(open_one(schedule, Cause.LOOK))
    assert (first.started, nothing.started, nothing.failed) == (2, 0, False)
    run(open_one(schedule, Cause.LOOK))
    assert schedule.occurrences.count() == 4  # with the open one
    schedule.occurrences.exclude(done_at=None).update(done_at=timezone.now() - timedelta(days=2))
    run(open_one(schedule, Cause.LOOK))
    assert list(schedule.occurrences.filter(done_at__lt=timezone.now() - timedelta(days=1))) == [first]


def test_a_push_during_a_scan_is_scanned_after_it(make, places, tmp_path):
    schedule = make(when="push", cron="", repository_ids=(places[0].pk,))
    run(open_one(schedule, Cause.LOOK))
    git("commit", "-q", "--allow-empty", "-m", "second", at=tmp_path / "harbour" / places[0].name)
    note_push(places[0].pk)
    pushed = open_one(schedule, Cause.PUSH)
    before = pushed.due_at
    assert run(pushed).done_at is None
    assert pushed.due_at > before
    finish_scans()
    assert run(pushed).started == 1


def test_a_push_during_a_look_is_looked_at_after_it(make, places, tmp_path, monkeypatch):
    place, work = places[0], tmp_path / "harbour" / places[0].name
    schedule = make(when="push", cron="", poll_minutes=0, ref="main", repository_ids=(place.pk,))
    run(open_one(schedule, Cause.LOOK))
    finish_scans()
    note_push(place.pk)
    pushed = open_one(schedule, Cause.PUSH)
    due_at = timezone.now()
    Occurrence.objects.filter(pk=pushed.pk).update(due_at=due_at)
    current = tips.current

    def slow(*about):
        state = current(*about)
        git("commit", "-q", "--allow-empty", "-m", "second", at=work)
        note_push(place.pk)
        note_push(place.pk)
        return state

    with monkeypatch.context() as patched:
        patched.setattr(tips, "current", slow)
        looked = run(pushed)
    assert (looked.started, looked.due_at) == (0, due_at)
    assert looked.done_at is not None
    after = open_one(schedule, Cause.PUSH)
    assert (after.subject, after.batch) == (place.pk, "")
    assert timedelta(0) < after.due_at - timezone.now() <= occurrences.GATHER
    assert run(after).started == 1
    assert not schedule.occurrences.filter(done_at=None).exists()


def test_a_push_while_its_scan_is_begun_waits_for_that_scan(make, places, tmp_path, monkeypatch):
    place, work = places[0], tmp_path / "harbour" / places[0].name
    schedule = make(when="push", cron="", poll_minutes=0, ref="main", repository_ids=(place.pk,))
    run(open_one(schedule, Cause.LOOK))
    finish_scans()
    git("commit", "-q", "--allow-empty", "-m", "second", at=work)
    note_push(place.pk)
    pushed = open_one(schedule, Cause.PUSH)
    Occurrence.objects.filter(pk=pushed.pk).update(due_at=timezone.now())
    current = tips.current

    def slow(*about):
        state = current(*about)
        git("commit", "-q", "--allow-empty", "-m", "third", at=work)
        note_push(place.pk)
        return state

    with monkeypatch.context() as patched:
        patched.setattr(tips, "current", slow)
        assert run(pushed).started == 1
    after = open_one(schedule, Cause.PUSH)
    assert run(after).done_at is None, "the scan of the push before is still running"
    finish_scans()
    assert run(after).started == 1


def test_a_long_scan_of_one_repository_keeps_no_other_from_being_looked_at(make, places, tmp_path):
    schedule = make(when="push", cron="", poll_minutes=5)
    assert run(open_one(schedule, Cause.LOOK)).started == 2
    long, other = places
    Scan.objects.filter(repository=other).update(state=State.COMPLETE)
    for each in places:
        git("commit", "-q", "--allow-empty", "-m", "second", at=tmp_path / "harbour" / each.name)
    look = run(open_one(schedule, Cause.LOOK))
    assert (look.started, look.failed) == (1, False)
    assert Scan.objects.order_by("-pk").first().repository_id == other.pk
    assert open_one(schedule, Cause.LOOK).due_at > timezone.now() + timedelta(minutes=4)
    waiting = open_one(schedule, Cause.PUSH)
    assert waiting.subject == long.pk
    assert run(waiting).done_at is None
    finish_scans()
    assert run(waiting).started == 1
    assert Scan.objects.order_by("-pk").first().repository_id == long.pk


def test_an_error_at_one_repository_keeps_no_other_from_being_scanned(make, places, monkeypatch, caplog):
    current = tips.current

    def broken(caller, repository, ref):
        if repository.pk == places[0].pk:
            raise OSError("khp_nobody_may_see_this")
        return current(caller, repository, ref)

    monkeypatch.setattr(tips, "current", broken)
    done = run(open_one(make(when="push", cron="", poll_minutes=5), Cause.LOOK))
    assert (done.started, done.failed) == (1, True)
    name = places[0].full_name
    assert done.outcome == f"1 scan started; {name}: an unexpected OSError; the server's log has it"
    assert "nobody_may_see_this" in caplog.text


def test_a_push_waits_for_as_long_as_the_scan_before_it_takes(make, places, tmp_path, settings):
    schedule = make(when="push", cron="", repository_ids=(places[0].pk,))
    run(open_one(schedule, Cause.LOOK))
    git("commit", "-q", "--allow-empty", "-m", "second", at=tmp_path / "harbour" / places[0].name)
    note_push(places[0].pk)
    pushed = open_one(schedule, Cause.PUSH)
    with working(settings, tmp_path, jobs.KIND) as over:
        for looks in range(1, 9):
            Occurrence.objects.filter(pk=pushed.pk).update(due_at=timezone.now())
            over(jobs.KIND, pushed.pk, looks)
        pushed.refresh_from_db()
        assert (pushed.done_at, pushed.outcome) == (None, "")
        finish_scans()
        Occurrence.objects.filter(pk=pushed.pk).update(due_at=timezone.now())
        over(jobs.KIND, pushed.pk, 9)
    pushed.refresh_from_db()
    assert pushed.started == 1


def test_a_branch_that_is_not_there_yet_is_waited_for(make, places, tmp_path):
    schedule = make(when="push", cron="", ref="release", repository_ids=(places[0].pk,))
    assert run(open_one(schedule, Cause.LOOK)).outcome == "1 repository unchanged"
    git("branch", "release", at=tmp_path / "harbour" / places[0].name)
    assert run(open_one(schedule, Cause.LOOK)).started == 1


def test_pushes_elsewhere_and_to_what_is_paused_are_nothing(make, places):
    timed, paused = make(), make(name="Paused", when="push", cron="")
    services.set_paused(local_caller(), paused.pk, paused=True)
    note_push(places[0].pk)
    assert not Occurrence.objects.filter(cause=Cause.PUSH).exists()
    assert timed.live


def test_whoever_lost_their_account_scans_nothing_and_that_is_said(make):
    schedule = make()
    User.objects.filter(pk=local_caller().user_id).update(is_active=False)
    done = run(open_one(schedule))
    assert done.failed
    assert "acts for admin, and that account is closed; whoever changes it takes it over" in done.outcome
    assert not Scan.objects.exists()


def test_only_what_is_due_and_live_is_found(make):
    schedule, later = make(), timezone.now() + timedelta(days=2)
    assert list(occurrences.due()) == []
    assert list(occurrences.due(later)) == [open_one(schedule).pk]
    services.set_paused(local_caller(), schedule.pk, paused=True)
    assert list(occurrences.due(later)) == []


def test_a_job_that_fails_ends_the_occurrence_and_plans_the_next(make):
    schedule = make()
    occurrence = open_one(schedule)
    jobs._failed(occurrence.pk, "the disk is full")
    occurrence.refresh_from_db()
    assert (occurrence.failed, occurrence.outcome) == (True, "the disk is full")
    assert open_one(schedule).due_at > timezone.now()
