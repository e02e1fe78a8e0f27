"""Scans of repositories that lie on the sandbox GitHub: fetched first, or ended with the reason."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.core.errors import InvalidInput
from keyhole.jobs import Interrupted, engine
from keyhole.repositories import services as repositories
from keyhole.scans import fetching, job, services
from keyhole.scans.models import Scan, State
from keyhole.scans.services import ScanSpec
from keyhole.testing.github import GitHub
from tests.unit.repositories.github_kit import connect, take_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch):
    monkeypatch.setattr(engine, "enqueue", lambda kind, row: None)


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.harbour = sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.tide = sandbox.add_repository("harbour/tide-api", files={"deploy.env": "PORT=80\n"})
        yield sandbox


@pytest.fixture
def given(world):
    return world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions={"contents": "read"}
    )


@pytest.fixture
def row(world, given):
    return take_in(connect(world, given), "harbour/tide-api")[0]


def scan(row, **more):
    made = services.create(local_caller(), ScanSpec(row.pk, **more))
    job.run(made.pk)
    return services.get(local_caller(), made.pk)


def log(done):
    return "\n".join(line["text"] for line in done.log)


def test_it_is_fetched_then_read(world, given, row):
    done = scan(row)
    assert done.state == State.COMPLETE
    assert done.counters["objects"] >= 2
    assert "Fetching from GitHub with the connection “Harbour”." in log(done)
    assert "1 branches and tags" in log(done)
    assert done.evidence["fetched"]["connection"] == "Harbour"
    assert given.text not in str(vars(done))


def test_the_next_scan_sees_what_was_pushed_since(world, row):
    import subprocess

    first = scan(row)
    git = ["git", "--git-dir", str(world.tide.git_dir)]
    tree = subprocess.check_output([*git, "rev-parse", "main^{tree}"], text=True).strip()
    made = subprocess.check_output(
        [*git, "commit-tree", tree, "-p", "main", "-m", "second"], text=True
    ).strip()
    subprocess.run([*git, "update-ref", "refs/heads/main", made], check=True)
    again = scan(row)
    assert (again.state, again.commit) == (State.COMPLETE, made)
    assert first.commit != made


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda world, given: world.revoke(given), ["does not accept the credential", "generate a new one"]),
        (lambda _, given: given.selected.clear(), ["not selected", "selected repositories"]),
        (lambda _, given: given.permissions.pop("contents"), ["may not read its code", "Contents: read"]),
        (
            lambda world, _: world.faults.rate_limit(resets_at=4_000_000_000, times=-1),
            ["limit of requests", "renewed"],
        ),
        (lambda world, _: world.faults.status(502, path=".git/", times=-1), ["problem of its own", "later"]),
    ],
    ids=["revoked", "not selected", "no contents", "rate limit", "down"],
)
def test_what_cannot_be_fetched_ends_as_failed_with_what_to_do(world, given, row, break_it, words):
    assert (
        scan(row).state == State.COMPLETE
    )  # there is a mirror now, and it must not be read in place of the truth
    break_it(world, given)
    done = scan(row)
    assert done.state == State.FAILED
    for word in words:
        assert word in done.reason
    assert not done.counters
    assert given.text not in str(vars(done))
    world.faults.clear()


def test_a_renamed_repository_is_scanned_under_its_new_name(world, row):
    world.rename(world.tide, "harbour/flow-api")
    done = scan(row)
    assert done.state == State.COMPLETE
    assert "It is called harbour/flow-api now; it was harbour/tide-api." in log(done)
    assert repositories.get(local_caller(), row.pk).full_name == "harbour/flow-api"


def test_a_branch_is_settled_after_fetching(world, row):
    done = scan(row, ref="main")
    assert (done.state, done.ref) == (State.COMPLETE, "refs/heads/main")
    missing = scan(row, ref="nowhere")
    assert missing.state == State.FAILED
    assert "no branch or tag called 'nowhere'" in missing.reason
    with pytest.raises(InvalidInput):
        services.create(local_caller(), ScanSpec(row.pk, ref="a..b"))


def test_a_paused_connection_is_named(world, row):
    connections.pause(local_caller(), row.connection_id)
    done = scan(row)
    assert done.state == State.FAILED
    assert "paused" in done.reason


def test_a_sealed_vault_is_named(world, row, settings):
    (settings.KEYHOLE_DATA / "vault.keys").rename(settings.KEYHOLE_DATA / "vault.keys.away")
    try:
        done = scan(row)
    finally:
        (settings.KEYHOLE_DATA / "vault.keys.away").rename(settings.KEYHOLE_DATA / "vault.keys")
    assert done.state == State.FAILED
    assert "vault.keys" in done.reason


def test_stopping_ends_the_fetch(world, row, monkeypatch):
    made = services.create(local_caller(), ScanSpec(row.pk))
    real = fetching.mirrors.bring_up_to_date

    def stopped_meanwhile(caller, repository, watch):
        Scan.objects.filter(pk=made.pk).update(stop_requested=True)
        return real(caller, repository, watch)

    monkeypatch.setattr(fetching.mirrors, "bring_up_to_date", stopped_meanwhile)
    job.run(made.pk)
    assert services.get(local_caller(), made.pk).state == State.STOPPED
    assert not row.git_dir.exists()


def test_a_worker_that_is_being_stopped_lets_go_and_the_next_one_begins_again(world, row, monkeypatch):
    made = services.create(local_caller(), ScanSpec(row.pk))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "stopping", lambda: True)
        with pytest.raises(Interrupted):
            job.run(made.pk)
    assert services.get(local_caller(), made.pk).state == State.RUNNING
    job.run(made.pk)
    assert services.get(local_caller(), made.pk).state == State.COMPLETE


def test_a_member_may_scan_and_never_sees_the_credential(world, given, row):
    from tests.unit.connections.test_services import member

    made = services.create(member(), ScanSpec(row.pk))
    job.run(made.pk)
    assert services.get(local_caller(), made.pk).state == State.COMPLETE
    assert given.text not in str(list(Scan.objects.values()))
