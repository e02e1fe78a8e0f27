"""GitHub is told what every scan of a commit still says: one with other scanners hides nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.gate_kinds import FindingsGate
from keyhole.core.gates import Policy
from keyhole.environments import policies
from keyhole.environments import services as environments
from keyhole.environments.services import EnvironmentSpec
from keyhole.findings.models import Telling
from keyhole.reports.github import job
from keyhole.reports.github.standing import covers
from keyhole.reports.github.target import Target
from keyhole.scans import job as scanning
from keyhole.scans import services as scans
from keyhole.scans.imported import import_sarif
from keyhole.scans.models import Scan
from keyhole.scans.services import ScanSpec
from keyhole.testing.github import gitdata
from tests.unit.reports.github.test_telling import (
    _no_workers,
    asked,
    one,
    pull,
    reach,
    scan,
    told,
    work_off,
    world,
)
from tests.unit.repositories.github_kit import take_in

__all__ = ["_no_workers", "told", "world"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


def newest(world, done, context="keyhole"):
    """The state that GitHub shows of the commit, and what it says of it."""
    found = asked(world, "GET", f"/commits/{done.commit}/statuses")
    status = next(each for each in found if each["context"] == context)
    return status["state"], status["description"]


def begun(row, *what, **more):
    """A scan that is begun and not run yet."""
    return scans.create(local_caller(), ScanSpec(row.pk, ref="leak", upstream=what, **more))


def ended(made):
    """The same scan run to its end, and GitHub told."""
    scanning.run(made.pk)
    work_off()
    return Scan.objects.get(pk=made.pk)


def cut_short(made):
    """As if not everything could have been read, and nothing was found in the rest."""
    Scan.objects.filter(pk=made.pk).update(state="incomplete", reason="time ran out")
    made.findings.all().delete()


def due_again():
    Telling.objects.filter(state=Telling.State.WAITING).update(due_at=timezone.now() - timedelta(seconds=1))
    work_off()


def test_a_scan_of_other_scanners_turns_no_failure_green(world, told):
    row = reach(world)
    wide = scan(row, "status")
    assert newest(world, wide) == ("failure", "1 finding")
    narrow = scan(row, "status", scanners=("dependencies",))
    assert narrow.commit == wide.commit
    assert newest(world, wide) == ("failure", "2 scans, at worst: 1 finding")
    status = asked(world, "GET", f"/commits/{wide.commit}/statuses")[0]
    assert status["target_url"].endswith(f"/scans/{wide.pk}"), "the scan that says so"
    assert one(narrow).said == f"Failure on {wide.commit[:10]}, as keyhole. It rests on 2 scans."


def test_scanners_that_say_the_same_or_more_replace_what_was(world, told):
    row = reach(world)
    secrets = scan(row, "status", scanners=("secrets",))
    assert newest(world, secrets)[0] == "failure"
    made = begun(row, "status", scanners=("secrets", "dependencies"))
    scanning.run(made.pk)
    made.findings.all().delete()
    work_off()
    assert newest(world, secrets) == ("success", "Nothing found, and everything was read")


MAIN, LEAK, TAG = "refs/heads/main", "refs/heads/leak", "refs/tags/v1"


@pytest.mark.parametrize(
    ("earlier", "later", "covered"),
    [
        ((MAIN, "c", ["secrets"]), (MAIN, "c", ["secrets"]), True),
        ((MAIN, "c", ["secrets"]), (MAIN, "c", ["secrets", "zizmor"]), True),
        ((MAIN, "c", ["secrets", "zizmor"]), (MAIN, "c", ["secrets"]), False),
        ((MAIN, "c", ["secrets"]), (LEAK, "c", ["secrets"]), True),
        ((MAIN, "c", ["secrets"]), ("", "", ["secrets"]), True),
        (("", "", ["secrets"]), (MAIN, "c", ["secrets"]), False),
        (("", "", ["secrets"]), ("", "", ["secrets"]), True),
        (("", "", ["zizmor"]), (MAIN, "c", ["zizmor"]), True),
        ((TAG, "its own", ["secrets"]), (MAIN, "c", ["secrets"]), False),
        ((TAG, "its own", ["secrets"]), ("", "", ["secrets"]), True),
        ((MAIN, "", ["sarif-odd"]), ("", "", ["sarif-odd"]), True),
    ],
)
def test_a_scan_covers_what_read_no_more_than_it(earlier, later, covered):
    first, second = (Scan(ref=ref, tip=tip, scanners=names) for ref, tip, names in (earlier, later))
    assert covers(second, first) == covered


def test_each_environment_has_a_status_of_its_own(world, told):
    row = reach(world)
    staging = environments.create(local_caller(), EnvironmentSpec("Staging"))
    wide = scan(row, "status")
    scan(row, "status", scanners=("dependencies",), environment_id=staging.pk)
    assert newest(world, wide, "keyhole/Staging") == ("success", "Nothing found, and everything was read")
    assert newest(world, wide) == ("failure", "1 finding")


def test_an_environment_that_took_over_a_name_took_over_the_status(world, told):
    row = reach(world)
    first = environments.create(local_caller(), EnvironmentSpec("Staging", upstream=("status",)))
    wide = scan(row, environment_id=first.pk)
    environments.remove(local_caller(), first.pk)
    second = environments.create(local_caller(), EnvironmentSpec("staging", upstream=("status",)))
    scan(row, scanners=("dependencies",), environment_id=second.pk)
    assert newest(world, wide, "keyhole/staging")[0] == "failure", "GitHub takes both for one"


def test_a_branch_does_not_stand_for_the_whole_history(world, told):
    row = reach(world)
    made = scans.create(local_caller(), ScanSpec(row.pk, upstream=("status",), scanners=("secrets",)))
    whole = ended(made)
    assert newest(world, whole) == ("failure", "1 finding")
    branch = scans.create(
        local_caller(), ScanSpec(row.pk, ref="main", upstream=("status",), scanners=("secrets",))
    )
    assert ended(branch).commit == whole.commit
    assert newest(world, whole) == ("failure", "2 scans, at worst: 1 finding")


def test_a_scan_that_ended_last_is_told_although_a_later_one_was(world, told):
    row = reach(world)
    slow = begun(row, "status")
    quick = scan(row, "status", scanners=("dependencies",))
    assert newest(world, quick)[0] == "success"
    assert one(ended(slow)).state == Telling.State.DONE
    assert newest(world, quick)[0] == "failure"


def test_what_is_late_overrules_nothing(world, told):
    row = reach(world)
    world.faults.status(503, method="POST", path="/statuses/")
    early = scan(row, "status")
    made = begun(row, "status")
    scanning.run(made.pk)
    made.findings.all().delete()
    work_off()
    assert newest(world, early)[0] == "success"
    due_again()
    assert one(early).state == Telling.State.NOTHING
    assert newest(world, early)[0] == "success"
    others = scan(row, "status", scanners=("dependencies",))
    Telling.objects.filter(scan=made).update(state=Telling.State.WAITING)
    due_again()
    assert one(others).state == one(made).state == Telling.State.DONE
    assert newest(world, early) == ("success", "2 scans: Nothing found, and everything was read")


def test_what_was_overtaken_tells_what_the_later_one_could_not(world, told):
    row = reach(world)
    world.faults.status(503, method="POST", path="/statuses/")
    early = scan(row, "status")
    made = begun(row, "status")
    scanning.run(made.pk)
    made.findings.all().delete()
    one(made)
    Telling.objects.filter(scan=made).update(state=Telling.State.FAILED)
    due_again()
    assert newest(world, early)[0] == "success"


def test_what_ends_while_github_is_written_to_is_told_before_it_counts_as_done(world, told, monkeypatch):
    row = reach(world)
    slow = begun(row, "status")
    quick = begun(row, "status", scanners=("dependencies",))
    scanning.run(quick.pk)
    write, late = Target.write, [slow]

    def meanwhile(self, *args):
        if late:
            ended(late.pop())  # told in the same moment, and first
        return write(self, *args)

    monkeypatch.setattr(Target, "write", meanwhile)
    work_off()
    assert newest(world, Scan.objects.get(pk=slow.pk))[0] == "failure"


@pytest.mark.parametrize("scanners", [("dependencies",), ()])
def test_an_incomplete_scan_stays_an_error(world, told, scanners):
    row = reach(world)
    made = begun(row, "status", scanners=scanners or ("secrets",))
    scanning.run(made.pk)
    cut_short(made)
    work_off()
    done = Scan.objects.get(pk=made.pk)
    assert newest(world, done) == ("error", "Not everything could be read: time ran out")
    scan(row, "status", scanners=("zizmor",))
    assert newest(world, done) == ("error", "2 scans, at worst: Not everything could be read: time ran out")


def imported(row, results, environment=None):
    document = {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "Odd tool", "version": "1"}}, "results": results}],
    }
    made = import_sarif(
        local_caller(), row.pk, json.dumps(document).encode(), "leak", environment_id=environment
    )
    scanning.run(made.pk)
    work_off()
    return Scan.objects.get(pk=made.pk)


RESULT = {
    "ruleId": "odd",
    "message": {"text": "Odd"},
    "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.txt"}, "region": {"startLine": 1}}}],
}


def test_a_file_of_another_tool_hides_nothing_and_is_not_hidden(world, told):
    row = reach(world)
    staging = environments.create(local_caller(), EnvironmentSpec("Staging", upstream=("status",)))
    wide = scan(row, environment_id=staging.pk)
    file = imported(row, [], staging.pk)
    assert file.commit == wide.commit
    assert newest(world, wide, "keyhole/Staging")[0] == "failure"
    imported(row, [RESULT], staging.pk)
    made = begun(row, environment_id=staging.pk)
    scanning.run(made.pk)
    made.findings.all().delete()
    work_off()
    assert newest(world, wide, "keyhole/Staging") == ("failure", "2 scans, at worst: 1 finding")
    imported(row, [], staging.pk)
    assert newest(world, wide, "keyhole/Staging") == (
        "success",
        "2 scans: No findings in the imported file; Nothing found, and everything was read",
    )


def test_a_policy_that_others_pass_stays_breached(world, told):
    kept = policies.create(local_caller(), Policy("Few", (FindingsGate(scanners=("secrets",)),)))
    lax = policies.create(local_caller(), Policy("Lax", (FindingsGate(most=50, scanners=("zizmor",)),)))
    spec = EnvironmentSpec("Staging", policy_id=kept.pk, upstream=("status",))
    staging = environments.create(local_caller(), spec)
    row = reach(world)
    wide = scan(row, environment_id=staging.pk)
    assert newest(world, wide, "keyhole/Staging")[0] == "failure"
    changed = EnvironmentSpec("Staging", policy_id=lax.pk, upstream=("status",))
    environments.change(local_caller(), staging.pk, changed)
    scan(row, environment_id=staging.pk, scanners=("zizmor",))
    state, said = newest(world, wide, "keyhole/Staging")
    assert (state, said[:40]) == ("failure", "2 scans, at worst: Few is breached: No f")


def test_a_scan_that_github_was_not_to_be_told_of_is_not_told(world, told):
    row = reach(world)
    wide = scan(row, "sarif")
    scan(row, "status", scanners=("dependencies",))
    assert newest(world, wide) == ("success", "Nothing found, and everything was read")


def test_a_comment_has_a_part_for_each_scan_that_counts(world, told):
    row = reach(world)
    scan(row)
    number = pull(world)
    wide = scan(row, "comment", scanners=("secrets",))
    narrow = scan(row, "comment", scanners=("dependencies", "zizmor"))
    (comment,) = asked(world, "GET", f"/issues/{number}/comments")
    body = comment["body"]
    assert (
        "Keyhole: 2 scans&#44; at worst&#58; 1 finding" in body or "2 scans, at worst&#58; 1 finding" in body
    )
    assert f"/scans/{wide.pk}" in body
    assert f"/scans/{narrow.pk}" in body
    assert body.index(f"/scans/{wide.pk}") < body.index(f"/scans/{narrow.pk}"), "the worst comes first"
    assert "1 open finding" in body
    assert "by secrets" in body
    assert "by dependencies, zizmor" in body
    before = world.changes
    Telling.objects.filter(scan=wide).update(state=Telling.State.WAITING)
    work_off()
    assert world.changes == before, "what is late says the same"


def test_a_pull_request_is_found_among_many_others_of_the_commit(world, told):
    row = reach(world)
    done = scan(row)
    for number in range(31):
        gitdata.move_ref(world.tide.git_dir, f"refs/heads/other-{number}", done.commit)
        spec = {"title": "Other", "head": f"other-{number}", "base": "main"}
        made = asked(world, "POST", "/pulls", spec)["number"]
        if number not in {0, 30}:
            asked(world, "PATCH", f"/pulls/{made}", {"state": "closed"})
    assert one(scan(row, "comment")).said.count("#") == 2, "the oldest and the newest, whichever comes first"


def test_what_a_later_push_mended_is_still_in_the_commit(world, told):
    row = reach(world)
    world.faults.status(503, method="POST", path="/statuses/")
    early = scan(row, "status", scanners=("secrets",))
    gitdata.move_ref(
        world.tide.git_dir, "refs/heads/leak", gitdata.resolve(world.tide.git_dir, "refs/heads/main")
    )
    scan(row, scanners=("secrets",))
    assert early.findings.exists()
    due_again()
    assert newest(world, early) == ("failure", "1 finding")


def test_a_repository_that_was_taken_in_again_is_the_same_there(world, told):
    row = reach(world)
    wide = scan(row, "status")
    type(row).objects.filter(pk=row.pk).update(removed_at=timezone.now())
    (again,) = take_in(row.connection, "harbour/tide-api")
    assert again.pk != row.pk
    scan(again, "status", scanners=("dependencies",))
    assert newest(world, wide)[0] == "failure"


def test_a_policy_with_a_picture_in_its_name_is_told(world, told):
    kept = policies.create(local_caller(), Policy("Strict \U0001f6a6", (FindingsGate(),)))
    spec = EnvironmentSpec("Staging", policy_id=kept.pk, upstream=("status",))
    staging = environments.create(local_caller(), spec)
    done = scan(reach(world), environment_id=staging.pk)
    _, said = newest(world, done, "keyhole/Staging")
    assert said == "Strict \ufffd is breached: No findings", "GitHub refuses what is longer than three bytes"


def test_people_learn_of_what_was_not_told_since_the_job_died(world, told):
    row = reach(world)
    made = begun(row, "status")
    scanning.run(made.pk)
    job._failed(one(made).pk, "An unexpected OSError in tell; the server's log has it.")
    assert one(made).state == Telling.State.FAILED
    assert [event.kind for event in told] == ["scan.untold"]
    assert Entry.objects.filter(action="github:write", outcome="denied").count() == 1
