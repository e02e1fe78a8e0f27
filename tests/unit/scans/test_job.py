"""The steps of a scan, without an engine: what is stored, compared, and never called clean."""

import dataclasses

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.core.errors import Conflict
from keyhole.core.finding import Finding, Location, ScanResult
from keyhole.core.gate_kinds import FindingsGate
from keyhole.core.gates import Policy
from keyhole.core.library import Library, Relation
from keyhole.core.terms import Confidence, Kind, Severity, Status, finding_id
from keyhole.environments import policies
from keyhole.environments import services as environments
from keyhole.environments.services import EnvironmentSpec
from keyhole.findings.judging import kept_verdict
from keyhole.jobs import engine
from keyhole.reports.gather import of_scan
from keyhole.reports.renderers import as_sarif
from keyhole.repositories import services as repositories
from keyhole.scanners.progress import Progress
from keyhole.scans import job, life, reading, reports, services
from keyhole.scans.models import Scan
from keyhole.scans.services import ScanSpec
from keyhole.scans.summary import summarize
from tests.unit.scans.test_services import git

pytestmark = pytest.mark.django_db(transaction=True)


def found(name, severity=Severity.HIGH):
    fingerprint = f"some-rule:{name * 32}"
    return Finding(
        id=finding_id("secrets", fingerprint),
        scanner="secrets",
        rule="some-rule",
        title="Some token",
        severity=severity,
        confidence=Confidence.HIGH,
        occurrences=1,
        fingerprint=fingerprint,
        last4="wxyz",
        locations=(Location("a" * 40, "2026-01-01T00:00:00Z", "deploy.env", 3, 1),),
        why="It opens doors.",
        fix="Revoke it.",
        references=(),
        kind=Kind.SECRET,
    )


def result(*findings, reasons=()):
    return ScanResult(
        status=Status.INCOMPLETE if reasons else Status.COMPLETE,
        reasons=reasons,
        commit="b" * 40,
        scanners=("secrets",),
        objects=7,
        bytes_read=70,
        findings=findings,
        rules_version="v",
        duration=0.5,
        notes=(),
        isolation=("no network",),
    )


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch):
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: None)


@pytest.fixture
def repository(tmp_path):
    work = tmp_path / "harbour" / "tide"
    work.mkdir(parents=True)
    git("init", "-q", "-b", "main", at=work)
    repositories.connect_folder(local_caller(), tmp_path)
    return repositories.list_repositories(local_caller())[0]


@pytest.fixture
def ran(repository, monkeypatch):
    """Runs a scan whose reading comes to the given result."""

    def run(outcome, **spec):
        monkeypatch.setattr(reading.child, "run", lambda *_args, **_named: outcome)
        scan = services.create(local_caller(), ScanSpec(repository.pk, **spec))
        job.run(scan.pk)
        return services.get(local_caller(), scan.pk)

    return run


def test_an_environment_that_is_removed_before_a_scan_runs_judges_nothing(repository, monkeypatch):
    gates = policies.create(local_caller(), Policy("Strict", (FindingsGate(),)))
    live = environments.create(local_caller(), EnvironmentSpec("Live", policy_id=gates.pk))
    monkeypatch.setattr(reading.child, "run", lambda *_args, **_named: result(found("0")))
    judged, waiting = (
        services.create(local_caller(), ScanSpec(repository.pk, environment_id=live.pk)) for _ in range(2)
    )
    job.run(judged.pk)
    environments.remove(local_caller(), live.pk)
    job.run(waiting.pk)
    judged, waiting = (services.get(local_caller(), scan.pk) for scan in (judged, waiting))
    assert (judged.environment, kept_verdict(judged).passed) == (live, False)
    assert (waiting.environment, kept_verdict(waiting)) == (None, None)
    assert "Its environment was removed before it was scanned" in " ".join(
        line["text"] for line in waiting.log
    )


def test_the_result_comes_back_as_it_was(ran):
    came = result(found("0", Severity.CRITICAL), found("1", Severity.LOW))
    scan = ran(came)
    assert reports.result(scan) == came
    assert of_scan(scan).as_result() == came
    assert scan.counters == {
        "critical": 1,
        "high": 0,
        "medium": 0,
        "low": 1,
        "findings": 2,
        "merged": 0,
        "objects": 7,
        "bytes": 70,
    }
    log = as_sarif.document(of_scan(scan))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert [entry["level"] for entry in run["results"]] == ["error", "note"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith(
        "deploy.env"
    )
    assert run["invocations"][0]["executionSuccessful"] is True


def test_libraries_come_back_as_they_were(ran):
    library = Library("pkg:pypi/flask@3.0", "PyPI", "flask", "3.0", "uv.lock", 7, Relation.DIRECT)
    came = dataclasses.replace(result(), libraries=(library,), advisories_at="2026-01-01T00:00:00Z")
    scan = ran(came)
    assert reports.result(scan) == came
    assert scan.inventory.count == 1
    assert "libraries" not in scan.evidence


def test_an_incomplete_scan_says_why_and_is_never_clean(ran):
    scan = ran(result(reasons=("out of time", "an object is missing")))
    assert (scan.state, scan.reason) == ("incomplete", "out of time; an object is missing")
    assert not summarize(scan).clean
    assert as_sarif.document(of_scan(scan))["runs"][0]["invocations"][0]["executionSuccessful"] is False


def test_new_and_fixed_are_told_against_the_last_complete_scan_of_the_same_thing(ran):
    ran(result(found("0"), found("1")))
    ran(result(found("9")), name="another name counts as the same thing")
    scan = ran(result(found("9"), found("2"), found("3")))
    assert (scan.counters["new"], scan.counters["fixed"]) == (2, 0)
    assert {row.key for row in scan.findings.filter(new=True)} == {found("2").id, found("3").id}
    broken = ran(result(found("4"), reasons=("out of time",)))
    assert broken.counters["new"] == 1
    assert "fixed" not in broken.counters, "what an incomplete scan does not see may still be there"
    scan = ran(result(found("2")))
    assert (scan.counters["new"], scan.counters["fixed"]) == (0, 2), "the incomplete one is no measure"


def test_a_scan_that_failed_has_no_report(ran, repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    for state in ("queued", "failed", "stopped"):
        scan.state = state
        with pytest.raises(Conflict, match="no result"):
            reports.result(scan)


def test_a_repository_without_commits_is_scanned_and_clean(repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    job.run(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.reason, scan.counters["objects"], scan.commit) == ("complete", "", 0, "")


def test_a_second_scan_of_a_branch_reads_what_it_got_since(repository):
    work = repository.git_dir.parent
    for number in (1, 2):
        git("commit", "-q", "--allow-empty", "-m", f"number {number}", at=work)
        scan = services.create(local_caller(), ScanSpec(repository.pk, ref="main"))
        job.run(scan.pk)
        scan.refresh_from_db()
        assert (scan.state, scan.ref, scan.counters["objects"]) == ("complete", "refs/heads/main", number)
    assert scan.evidence["notes"] == ["Remembered: 1 objects were read by an earlier scan, 1 by this one."]


def test_a_branch_that_goes_away_before_the_run_fails_the_scan(repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    Scan.objects.filter(pk=scan.pk).update(ref="refs/heads/gone")
    job.run(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.token) == ("failed", None)
    assert "no branch or tag called 'refs/heads/gone'" in scan.reason


def test_the_result_of_an_attempt_that_was_taken_over_is_thrown_away(repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    job.prepare(scan.pk)
    stale = Scan.objects.get(pk=scan.pk)
    Scan.objects.filter(pk=scan.pk).update(attempts=stale.attempts + 1)
    job.store(stale, result(found("0")))
    assert not scan.findings.exists()
    assert not life.Progress(stale).wanted()


def test_storing_twice_stores_once(repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    job.prepare(scan.pk)
    scan.refresh_from_db()
    job.store(scan, result(found("0")))
    job.store(scan, result(found("0"), found("1")))
    assert scan.findings.count() == 2


def test_progress_is_saved_a_few_times_a_second_and_at_every_new_stage(repository, monkeypatch):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    Scan.objects.filter(pk=scan.pk).update(state="running")
    clock = iter([0.0, 0.1, 0.2, 0.3, 0.31, 0.31])
    monkeypatch.setattr(life.time, "monotonic", lambda: next(clock))
    progress = life.Progress(scan)
    saved = []
    for stage, done in (("read", 1), ("read", 2), ("read", 3), ("read", 4), ("read", 5), ("store", 6)):
        progress.save(stage, done, 10)
        saved.append(Scan.objects.get(pk=scan.pk).done)
    assert saved == [1, 1, 1, 4, 4, 6]


def test_what_is_counted_is_told_by_the_stage(repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    Scan.objects.filter(pk=scan.pk).update(state="running")
    follow = reading._Follow(scan)
    saved = []
    for told in (("listing", 5, 0), ("reading", 9, 9), ("attributing", 3, 0), ("assessing", 1, 2)):
        follow._progress._next = 0.0
        follow.note(Progress(*told))
        saved.append(Scan.objects.values_list("stage", "done", "total").get(pk=scan.pk))
    assert saved == [("read", 5, 0), ("read", 9, 9), ("trace", 3, 0), ("files", 1, 2)]


def test_the_log_keeps_its_last_lines(repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    for number in range(life.LOG_LINES + 5):
        life.say(scan, f"line {number}")
    scan.refresh_from_db()
    assert [line["text"] for line in scan.log] == [
        f"line {number}" for number in range(5, life.LOG_LINES + 5)
    ]
    assert scan.log[0]["at"] <= timezone.now().isoformat()


def test_a_scan_ends_once(repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    assert life.finish(scan, "stopped", "first")
    assert not life.finish(scan, "failed", "second")
    scan.refresh_from_db()
    assert (scan.state, scan.reason) == ("stopped", "first")


def test_a_repository_that_takes_every_worker_down_with_it_is_given_up(repository):
    scan = services.create(local_caller(), ScanSpec(repository.pk))
    Scan.objects.filter(pk=scan.pk).update(attempts=job.MOST_ATTEMPTS)
    job.run(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.token) == ("failed", None)
    assert scan.reason.startswith(f"It was interrupted {job.MOST_ATTEMPTS} times.")
