"""Making, changing, pausing and removing schedules: who may, what is refused, what is planned, what is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.environments import services as environments
from keyhole.environments.services import EnvironmentSpec
from keyhole.repositories.models import Repository
from keyhole.scans.models import Scan, Trigger
from keyhole.schedules import services, words
from keyhole.schedules.models import Cause, Occurrence, Schedule
from keyhole.schedules.running import carry_out
from tests.unit.scans.test_services import git, member

pytestmark = pytest.mark.django_db(transaction=True)


def planned(schedule):
    return [(each.cause, each.due_at) for each in schedule.occurrences.filter(done_at=None)]


def test_a_new_schedule_knows_its_next_time_and_is_on_record(make):
    schedule = make(zone="Europe/Berlin")
    ((cause, at),) = planned(schedule)
    assert (cause, at) == (Cause.TIME, services.next_times(schedule, 1)[0])
    assert len(services.next_times(schedule)) == 5
    entry = Entry.objects.get(action="schedule:create")
    assert entry.subject["repositories"] == ["harbour/moor", "harbour/tide"]
    assert entry.subject["cron"] == "0 2 * * *"


def test_once_has_one_time(make):
    at = timezone.now() + timedelta(days=2)
    schedule = make(when="once", at=at, cron="")
    assert services.next_times(schedule) == [at]


def test_on_push_it_looks_at_once_and_names_no_time(make):
    schedule = make(when="push", cron="")
    assert [cause for cause, _ in planned(schedule)] == [Cause.LOOK]
    assert services.next_times(schedule) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"repository_ids": ()}, "repositories"),
        ({"when": "sometimes"}, "when"),
        ({"when": "once"}, "at"),
        ({"when": "once", "at": datetime(2020, 1, 1, tzinfo=UTC)}, "at"),
        ({"when": "once", "at": datetime.max.replace(tzinfo=fixed(timedelta(hours=-12)))}, "at"),
        ({"when": "once", "at": datetime.max.replace(tzinfo=UTC)}, "at"),
        ({"cron": "never"}, "cron"),
        ({"zone": "Mars"}, "zone"),
        ({"when": "push", "poll_minutes": 100_000}, "poll_minutes"),
        ({"ref": "a..b"}, "ref"),
        ({"environment_id": 12345}, "environment"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(make, fields, field):
    with pytest.raises(InvalidInput) as refused:
        make(**fields)
    assert refused.value.field == field
    assert not Schedule.objects.exists()


def test_an_unknown_repository_is_refused(make):
    with pytest.raises(NotFound):
        make(repository_ids=(999_999,))


def test_a_branch_that_is_not_there_is_told_and_taken(make, places):
    assert "harbour/moor, harbour/tide have no branch or tag called 'rel'" in words.warning(make(ref="rel"))
    git("branch", "rel", at=places[0].location)
    only = words.warning(make(ref="refs/heads/rel"))
    assert "harbour/tide has no" in only
    assert "moor" not in only
    git("tag", "rel", at=places[1].location)
    assert words.warning(make(ref="rel")) == ""


def test_of_a_repository_that_was_not_fetched_yet_no_branch_is_said_to_be_missing(make, places, tmp_path):
    Repository.objects.update(location=str(tmp_path / "nowhere"))
    assert words.warning(make(ref="rel")) == ""
    assert words.warning(make()) == ""


def test_a_branch_that_begins_with_a_dash_is_scanned(make, places):
    git("update-ref", "refs/heads/-x", "main", at=places[0].location)
    git("update-ref", "refs/heads/-x", "main", at=places[1].location)
    schedule = make(ref="-x", when="push", cron="")
    assert words.warning(schedule) == ""
    carry_out(schedule.occurrences.get().pk)
    assert set(Scan.objects.values_list("ref", flat=True)) == {"refs/heads/-x"}


def test_pausing_takes_its_times_away_and_resuming_brings_them(make):
    schedule = make()
    services.set_paused(local_caller(), schedule.pk, paused=True)
    assert planned(schedule) == []
    with pytest.raises(Conflict):
        services.run_now(local_caller(), schedule.pk)
    services.set_paused(local_caller(), schedule.pk, paused=False)
    assert len(planned(schedule)) == 1


def test_a_time_that_passes_while_it_is_paused_is_not_made_up_for(make):
    at = timezone.now() + timedelta(days=2)
    schedule = make(when="once", at=at, cron="")
    services.set_paused(local_caller(), schedule.pk, paused=True)
    services.set_paused(local_caller(), schedule.pk, paused=False)
    assert planned(schedule) == [(Cause.TIME, at)]
    services.set_paused(local_caller(), schedule.pk, paused=True)
    Schedule.objects.update(at=timezone.now() - timedelta(minutes=1))
    resumed = services.set_paused(local_caller(), schedule.pk, paused=False)
    assert (planned(schedule), services.next_times(resumed)) == ([], [])


def test_a_change_plans_anew(make, places):
    schedule = make()
    spec = services.ScheduleSpec("Weekly", (places[0].pk,), "times", cron="0 6 * * 1")
    changed = services.change(local_caller(), schedule.pk, spec)
    assert [each.pk for each in changed.repositories.all()] == [places[0].pk]
    ((_, at),) = planned(changed)
    assert (at.weekday(), at.hour) == (0, 6)


def test_run_now_is_handed_over_and_does_not_move_the_times(make, handed_over):
    schedule = make()
    (time,) = planned(schedule)
    services.run_now(local_caller(), schedule.pk)
    services.run_now(local_caller(), schedule.pk)
    assert sorted(cause for cause, _ in planned(schedule)) == [Cause.HAND, Cause.TIME]
    assert time in planned(schedule)
    assert {kind for kind, _ in handed_over} == {"schedule"}


def test_what_a_program_runs_over_the_api_is_recorded_so(make):
    schedule, person = make(), local_caller()
    services.run_now(Caller(person.user_id, person.name, Via.API), schedule.pk)
    (asked,) = Occurrence.objects.filter(cause=Cause.API)
    place = schedule.repositories.get(name="tide")
    services.change(
        person, schedule.pk, services.ScheduleSpec("Else", (place.pk,), "times", cron="0 3 * * *")
    )
    carry_out(asked.pk)  # changing it took nothing of that back
    assert {scan.trigger for scan in Scan.objects.all()} == {Trigger.API}


def test_removing_leaves_nothing_planned(make):
    schedule = make()
    services.remove(local_caller(), schedule.pk)
    assert not Occurrence.objects.filter(done_at=None).exists()
    with pytest.raises(NotFound):
        services.get(local_caller(), schedule.pk)


def test_a_member_changes_their_own_and_no_others(make, places):
    others, mine = make(), services.ScheduleSpec("Mine", (places[0].pk,), "times", cron="0 3 * * *")
    bob = member()
    with pytest.raises(PermissionDenied):
        services.set_paused(bob, others.pk, paused=True)
    own = services.create(bob, mine)
    assert services.set_paused(bob, own.pk, paused=True).paused_at is not None


@pytest.mark.parametrize("number", [0, -1, 2**63, 2**70])
def test_an_absurd_number_is_no_schedule(number):
    with pytest.raises(NotFound):
        services.get(local_caller(), number)


def test_without_its_environment_a_schedule_is_measured_by_nothing(make):
    caller = local_caller()
    live = environments.create(caller, EnvironmentSpec("Live"))
    nightly = make(environment_id=live.pk)
    make(name="Other")
    assert nightly.measured_by == live
    assert services.measured_by(caller, live.pk) == [nightly]
    environments.remove(caller, live.pk)
    nightly = services.get(caller, nightly.pk)
    assert (nightly.environment.name, nightly.measured_by) == ("Live", None)
