"""What a push to a branch starts: a scan of its files, for schedules that look at files and name no branch."""

from __future__ import annotations

import pytest

from keyhole.accounts.services import local_caller
from keyhole.core.gate_kinds import FindingsGate
from keyhole.core.gates import Policy
from keyhole.core.terms import Kind
from keyhole.environments import policies
from keyhole.environments import services as environments
from keyhole.environments.services import EnvironmentSpec
from keyhole.scans.models import Scan, State
from keyhole.schedules import again, changes, occurrences, running, services
from keyhole.schedules.models import Cause, Seen
from keyhole.schedules.pushes import note_push
from tests.unit.scans.test_services import git
from tests.unit.schedules.test_running import finish_scans, open_one, run

pytestmark = pytest.mark.django_db(transaction=True)
MAIN = "refs/heads/main"
OTHER = "refs/heads/other"


@pytest.fixture
def place(places):
    return places[0]


@pytest.fixture
def work(place, tmp_path):
    return tmp_path / "harbour" / place.name


@pytest.fixture
def files(make, place):
    """A schedule that looks at files alone, and has looked at the repository once."""
    return looked(make, place)


def looked(make, place, scanners=("dependencies",), **fields):
    schedule = make(
        when="push", cron="", poll_minutes=5, scanners=scanners, repository_ids=(place.pk,), **fields
    )
    run(open_one(schedule, Cause.LOOK))
    finish_scans()
    return schedule


def commit(work, branch, say="more"):
    git("checkout", "-q", "-B", branch, at=work)
    git("commit", "-q", "--allow-empty", "-m", f"{branch}: {say}", at=work)
    git("checkout", "-q", "main", at=work)


def begun(schedule, cause=Cause.LOOK):
    """Branches and scanners of what one more look starts; its scans work."""
    last = max(Scan.objects.values_list("pk", flat=True), default=0)
    run(open_one(schedule, cause))
    found = Scan.objects.filter(pk__gt=last).order_by("pk")
    answer = [(scan.ref, tuple(scan.scanners)) for scan in found]
    finish_scans()
    return answer


@pytest.mark.parametrize("told", [True, False], ids=["told", "found"])
def test_the_files_of_a_pushed_branch_are_looked_at(files, place, work, told):
    commit(work, "other")
    if told:
        note_push(place.pk)
    assert begun(files, Cause.PUSH if told else Cause.LOOK) == [(OTHER, ("dependencies",))]
    assert begun(files) == []
    commit(work, "other", "still more")
    commit(work, "main")
    assert begun(files) == [(OTHER, ("dependencies",)), ("", ("dependencies",))]


def test_history_is_read_once_for_all_branches(make, place, work):
    schedule = looked(make, place, ("secrets", "dependencies"))
    commit(work, "other")
    assert begun(schedule) == [(OTHER, ("dependencies",)), ("", ("dependencies", "secrets"))]
    git("tag", "v1", "other", at=work)
    assert begun(schedule) == [("", ("dependencies", "secrets"))]


def test_what_a_policy_judges_has_all_scanners(make, place, work):
    """Else every gate about secrets would be breached on every branch, for nothing looked for them there."""
    caller = local_caller()
    policy = policies.create(caller, Policy("Secrets", (FindingsGate(kinds=(Kind.SECRET,)),)))
    live = environments.create(caller, EnvironmentSpec("Live", policy_id=policy.pk))
    schedule = looked(make, place, ("secrets", "dependencies"), environment_id=live.pk)
    both = ("dependencies", "secrets")
    commit(work, "other")
    assert begun(schedule) == [(OTHER, both), ("", both)]
    environments.remove(caller, live.pk)
    commit(work, "other", "again")
    assert begun(schedule) == [(OTHER, ("dependencies",)), ("", both)]


def test_a_schedule_for_history_or_for_one_branch_has_no_others(make, place, work):
    history = looked(make, place, ("secrets",))
    one = looked(make, place, name="One", ref="main")
    commit(work, "other")
    assert begun(history) == [("", ("secrets",))]
    assert begun(one) == []
    assert not Seen.objects.exclude(ref="").exists()


def test_what_was_there_at_the_first_look_and_brings_nothing_new_is_not_scanned(make, place, work):
    commit(work, "old")
    schedule = looked(make, place)
    assert Scan.objects.count() == 1
    git("branch", "same", "main", at=work)
    git("branch", "older", "old", at=work)
    git("tag", "v1", "old", at=work)
    assert begun(schedule) == []


def test_branches_of_one_commit_are_one_scan(files, work):
    commit(work, "other")
    git("branch", "another", "other", at=work)
    assert len(begun(files)) == 1
    assert begun(files) == []


def test_deleted_branches_start_nothing_and_are_forgotten(files, work):
    commit(work, "other")
    begun(files)
    git("branch", "-D", "-q", "other", at=work)
    assert begun(files) == []
    assert set(Seen.objects.values_list("ref", flat=True)) == {"", MAIN}
    commit(work, "other")
    assert len(begun(files)) == 1


def test_of_hundreds_at_once_some_are_scanned_and_people_are_told(files, work, monkeypatch):
    monkeypatch.setattr(changes, "MOST_BRANCHES", 3)
    for number in range(5):
        commit(work, f"many-{number}", f"number {number}")
    done = run(open_one(files, Cause.LOOK))
    assert (done.started, done.failed) == (3, True)
    assert "5 branches were pushed at once; 3 are scanned" in done.outcome
    finish_scans()
    assert begun(files) == []


def test_everything_that_comes_to_an_empty_repository_is_new(make, place, work):
    git("update-ref", "-d", MAIN, at=work)
    schedule = looked(make, place)
    assert not Scan.objects.exists()
    git("commit", "-q", "--allow-empty", "-m", "first", at=work)
    commit(work, "other")
    assert begun(schedule) == [(OTHER, ("dependencies",)), ("", ("dependencies",))]


def test_a_branch_whose_scan_fails_is_scanned_again_and_told_by_its_name(files, work):
    commit(work, "other")
    for tries in (1, 2, 3):
        run(open_one(files, Cause.LOOK if tries == 1 else Cause.PUSH))
        seen = Seen.objects.get(ref=OTHER)
        assert seen.tries == tries
        Scan.objects.filter(pk=seen.scan_id).update(state=State.FAILED, reason="the disk is full")
        again.see_to(seen.pk)
    (last,) = services.runs(local_caller(), files.pk).filter(failed=True)
    assert f"{files.repositories.get().full_name}, other: not scanned in 3 tries" in last.outcome
    assert begun(files) == []


def test_a_name_that_no_scan_can_have_keeps_no_other_from_being_scanned(files, work):
    (work / ".git" / "refs" / "heads" / "-option").write_bytes((work / ".git" / MAIN).read_bytes())
    commit(work, "other")
    assert begun(files) == [(OTHER, ("dependencies",))]


def test_what_was_begun_for_a_branch_is_not_begun_twice(files, work, monkeypatch):
    commit(work, "other")
    commit(work, "main")
    look = open_one(files, Cause.LOOK)
    ended = occurrences.end
    monkeypatch.setattr(occurrences, "end", lambda *_args, **_named: False)  # as if the process died before
    running.carry_out(look.pk)
    monkeypatch.setattr(occurrences, "end", ended)
    assert run(look).started == 2
    assert Scan.objects.count() == 3


def test_a_run_by_hand_scans_pushed_branches_too(files, work):
    commit(work, "other")
    services.run_now(local_caller(), files.pk)
    assert begun(files, Cause.HAND) == [(OTHER, ("dependencies",)), ("", ("dependencies",))]


def test_a_look_asks_no_more_of_the_database_for_many_branches(files, work, django_assert_max_num_queries):
    for number in range(30):
        git("branch", f"many-{number}", at=work)
    begun(files)
    assert Seen.objects.count() == 32
    repository = files.repositories.get()
    with django_assert_max_num_queries(2):
        changes.since(local_caller(), files, repository, always=False)
