"""Creating, running, stopping and deleting code scans: who may, what is refused, and what is on record."""

import subprocess

import pytest

from keyhole.accounts.models import Owner, User
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.environments import services as environments
from keyhole.environments.services import EnvironmentSpec
from keyhole.jobs import engine
from keyhole.repositories import services as repositories
from keyhole.scanners.interface import UnknownScanner
from keyhole.scans import job, reading, services
from keyhole.scans.models import Finding, Scan, State, Trigger
from keyhole.scans.services import ScanSpec
from keyhole.tokens.models import Token

pytestmark = pytest.mark.django_db(transaction=True)


def git(*args, at):
    subprocess.run(["git", *args], cwd=at, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    work = tmp_path / "harbour" / "tide"
    work.mkdir(parents=True)
    git("init", "-q", "-b", "main", at=work)
    (work / "README.md").write_text("hello\n")
    git("add", "-A", at=work)
    git("commit", "-q", "-m", "first", at=work)
    git("tag", "v1", at=work)
    repositories.connect_folder(local_caller(), tmp_path)
    return repositories.list_repositories(local_caller())[0]


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    """What was handed to the workers; none is started here."""
    handed = []
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: handed.append((kind, row)))
    return handed


def create(repository, **fields):
    return services.create(local_caller(), ScanSpec(repository.pk, **fields))


def member():
    owner = Owner.objects.create(login="bob", login_folded="bob", kind="User")
    return Caller(
        User.objects.create(email="bob@example.invalid", owner=owner).pk, "bob@example.invalid", Via.WEB
    )


def test_a_scan_is_queued_handed_over_and_on_record(repository, handed_over):
    scan = create(repository, name=" Nightly  scan ", description="of the harbour", ref="main")
    assert (scan.state, scan.name, scan.ref, scan.scanners) == (
        "queued",
        "Nightly scan",
        "refs/heads/main",
        ["secrets"],
    )
    assert handed_over == [("scan", scan.pk)]
    assert [entry.action for entry in Entry.objects.order_by("seq")][-2:] == ["scan:create", "scan:run"]
    assert Entry.objects.get(action="scan:run").subject["repository"] == "harbour/tide"


def test_one_may_be_created_now_and_run_later_and_again(repository, handed_over):
    scan = create(repository, run_now=False)
    assert (scan.state, handed_over) == ("ready", [])
    assert scan.name == "harbour/tide"
    with pytest.raises(Conflict):
        services.stop(local_caller(), scan.pk)
    assert services.run(local_caller(), scan.pk).pk == scan.pk
    with pytest.raises(Conflict, match="running"):
        services.run(local_caller(), scan.pk)
    services.stop(local_caller(), scan.pk)
    again = services.run(local_caller(), scan.pk)
    assert (again.again_id, again.state, again.name) == (scan.pk, "queued", scan.name)
    assert handed_over == [("scan", scan.pk), ("scan", again.pk)]


def test_one_that_waited_while_another_ran_is_run_as_the_later_one(repository):
    waited = create(repository, run_now=False, name="Later", description="when there is time")
    between = create(repository, run_now=False)
    assert services.run(local_caller(), between.pk).pk == between.pk  # what waits, too, was not before it
    job.run(between.pk)
    now = services.run(local_caller(), waited.pk)
    assert (now.pk > between.pk, now.state, now.again) == (True, State.QUEUED, None)
    assert (now.name, now.description, now.scanners) == ("Later", "when there is time", waited.scanners)
    created = Entry.objects.filter(action="scan:create").order_by("seq").last().subject
    assert (created["scan_id"], created["instead_of"]) == (now.pk, waited.pk)
    with pytest.raises(NotFound):
        services.get(local_caller(), waited.pk)
    with pytest.raises(NotFound):
        services.run(local_caller(), waited.pk)
    job.run(now.pk)
    now.refresh_from_db()
    assert now.counters["new"] == 0  # it is compared with the one that ran before it


def test_an_environment_that_was_removed_meanwhile_judges_nothing(repository):
    live = environments.create(local_caller(), EnvironmentSpec("Live"))
    waiting = create(repository, run_now=False, environment_id=live.pk)
    environments.remove(local_caller(), live.pk)
    assert services.run(local_caller(), waiting.pk).environment is None


def test_what_is_run_over_the_api_is_recorded_so_whoever_created_it(repository):
    person = local_caller()
    program = Caller(person.user_id, person.name, Via.API)
    first = create(repository)
    assert first.trigger == Trigger.MANUAL
    job.run(first.pk)
    again = services.run(program, first.pk)
    assert (again.again_id, again.trigger) == (first.pk, Trigger.API)
    waited = create(repository, run_now=False)
    assert services.run(program, waited.pk).trigger == Trigger.API
    waiting, between = create(repository, run_now=False, trigger=Trigger.API), create(repository)
    assert between.pk > waiting.pk
    assert services.run(person, waiting.pk).trigger == Trigger.MANUAL


def test_of_a_repository_that_was_disconnected_a_new_scan_is_advised(repository, tmp_path):
    scan = create(repository)
    repositories.disconnect(local_caller(), repository.pk)
    repositories.connect_folder(local_caller(), tmp_path)  # as another one: the old one does not come back
    job.run(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.reason) == (
        State.FAILED,
        "harbour/tide was disconnected. Connect it again, and create a new scan of it.",
    )
    with pytest.raises(Conflict, match="was disconnected"):
        services.run(local_caller(), scan.pk)


@pytest.mark.parametrize(("fields", "field"), [
    ({"name": "x" * 101}, "name"),
    ({"name": "a\u202eb"}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"description": "x" * 1025}, "description"),
    ({"ref": "gone"}, "ref"),
    ({"ref": "--all"}, "ref"),
    ({"ref": "refs/heads/../../x"}, "ref"),
    ({"ref": "refs/notes/x"}, "ref"),
    ({"ref": "HEAD"}, "ref"),
    ({"ref": "*"}, "ref"),
    ({"ref": "x" * 3000}, "ref"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_with_the_field_that_is_to_blame(repository, fields, field):
    with pytest.raises(InvalidInput) as refused:
        create(repository, **fields)
    assert refused.value.field == field
    assert not Scan.objects.exists()


def test_unknown_scanners_repositories_and_scans_are_refused(repository):
    with pytest.raises(UnknownScanner):
        create(repository, scanners=("nonsense",))
    with pytest.raises(UnknownScanner):
        create(repository, scanners=())
    with pytest.raises(NotFound):
        services.create(local_caller(), ScanSpec(repository.pk + 999))
    for number in (0, -1, 999, 2**70):
        with pytest.raises(NotFound):
            services.get(local_caller(), number)


def test_a_tag_is_found_and_branches_come_first(repository):
    assert create(repository, ref="v1").ref == "refs/tags/v1"
    assert services.refs_of(local_caller(), repository.pk) == ["refs/heads/main", "refs/tags/v1"]


def test_members_run_scans_but_stopping_and_deleting_is_for_maintainers(repository):
    bob = member()
    scan = services.create(bob, ScanSpec(repository.pk))
    assert services.get(bob, scan.pk).requested_by_id == bob.user_id
    for act in (services.stop, services.delete):
        with pytest.raises(PermissionDenied):
            act(bob, scan.pk)
    assert Entry.objects.filter(action="scan:change", outcome="denied").count() == 2
    services.stop(local_caller(), scan.pk)
    services.delete(local_caller(), scan.pk)
    assert not Scan.objects.exists()


def test_a_member_s_scan_reads_with_a_token_for_that_repository_only(repository):
    bob = member()
    scan = services.create(bob, ScanSpec(repository.pk))
    job.run(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.reason) == ("complete", "")
    assert scan.token.user_id == bob.user_id
    assert scan.token.grant["repository_ids"] == [repository.pk]


@pytest.mark.parametrize("caller", [Caller(None, "nobody", Via.WEB), Caller(999, "gone", Via.WEB)])
def test_nobody_may_do_nothing(repository, caller):
    scan = create(repository)
    for act in (services.get, services.findings, services.run, services.stop, services.delete):
        with pytest.raises(PermissionDenied):
            act(caller, scan.pk)
    with pytest.raises(PermissionDenied):
        services.create(caller, ScanSpec(repository.pk))
    with pytest.raises(PermissionDenied):
        services.list_scans(caller)


def test_a_scan_whose_person_has_left_reads_nothing(repository):
    bob = member()
    scan = services.create(bob, ScanSpec(repository.pk))
    User.objects.filter(pk=bob.user_id).update(is_active=False)
    with pytest.raises(PermissionDenied):
        job.run(scan.pk)
    job._failed(scan.pk, "the reason")
    scan.refresh_from_db()
    assert (scan.state, scan.reason) == ("failed", "the reason")
    assert not Token.objects.exists()


def test_an_account_that_is_closed_in_the_middle_ends_the_scan_and_leaves_no_token(repository, monkeypatch):
    bob = member()
    scan = services.create(bob, ScanSpec(repository.pk))

    def closes(*_args, **named):
        User.objects.filter(pk=bob.user_id).update(is_active=False)
        assert named["stop"].is_set()

    monkeypatch.setattr("keyhole.scans.reading.child.run", closes)
    job.run(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.token.state) == ("failed", "revoked")
    assert scan.reason == "The scan's token was revoked while it was reading."


def test_a_job_for_a_scan_that_is_gone_or_has_ended_does_nothing(repository):
    scan = create(repository)
    services.stop(local_caller(), scan.pk)
    job.run(scan.pk)
    job.run(scan.pk + 1)
    job._failed(scan.pk, "too late")
    assert Scan.objects.get().state == State.STOPPED
    assert list(job._unfinished()) == []


def test_without_a_worker_a_running_scan_is_stopped_at_once_and_its_token_revoked(repository, monkeypatch):
    scan = create(repository)
    job.prepare(scan.pk)

    def dies(*_args, **_named):
        raise MemoryError

    monkeypatch.setattr("keyhole.scans.reading.child.run", dies)
    monkeypatch.setattr("keyhole.scans.reading.revoke_own_token", lambda *_args: None)
    with pytest.raises(MemoryError):
        job.read(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.token.state) == ("running", "active")
    monkeypatch.setattr(engine, "somebody_works", lambda: False)
    assert services.stop(local_caller(), scan.pk).state == "stopped"
    scan.token.refresh_from_db()
    assert scan.token.state == "revoked"


def test_handing_over_may_fail_without_losing_the_scan(repository, monkeypatch, caplog):
    def fails(*_args):
        raise OSError("the records are locked")

    monkeypatch.setattr(engine, "enqueue", fails)
    scan = create(repository)
    assert list(job._unfinished()) == [scan.pk]
    assert "could not be handed" in caplog.text


def test_findings_are_listed_worst_first(repository):
    scan = create(repository)
    for rank, name in ((3, "d"), (0, "a"), (2, "c")):
        Finding.objects.create(
            scan=scan,
            key=name,
            scanner="secrets",
            rule="r",
            title=name,
            severity="x",
            rank=rank,
            confidence="high",
            path="p",
            line=1,
            data={},
        )
    assert [row.title for row in services.findings(local_caller(), scan.pk)] == ["a", "c", "d"]


def test_who_took_a_scan_over_keeps_its_own_token(repository, monkeypatch):
    scan = create(repository)
    job.prepare(scan.pk)
    first = Scan.objects.get(pk=scan.pk)

    def taken_over(*_args, **_named):
        second = Scan.objects.get(pk=scan.pk)
        reading.revoke_token(second, "left over")
        reading._token_for(second)

    monkeypatch.setattr("keyhole.scans.reading.child.run", taken_over)
    monkeypatch.setattr("keyhole.scans.reading.child.get_ready", lambda **_named: None)
    reading.read(first)
    assert Scan.objects.get(pk=scan.pk).token.state == "active"
    first.token.refresh_from_db()
    assert first.token.state == "revoked"
