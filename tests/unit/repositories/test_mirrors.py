"""Mirrors of repositories on the sandbox GitHub: made, brought up to date, left alone when something goes wrong."""

import subprocess

import pytest

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.connections import services as connections
from keyhole.connections.models import State, Successor
from keyhole.core.errors import Conflict, Unavailable
from keyhole.core.secret import Secret
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.repositories import mirrors, services
from keyhole.testing.github import GitHub
from keyhole.vault import services as vault
from tests import canaries
from tests.unit.repositories.github_kit import connect, take_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.harbour = sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.tide = sandbox.add_repository("harbour/tide-api", files={"a.txt": "one\n"})
        yield sandbox


@pytest.fixture
def given(world):
    return world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions={"contents": "read"}
    )


@pytest.fixture
def row(world, given):
    return take_in(connect(world, given), "harbour/tide-api")[0]


def fetch(row, watch=lambda *_: None):
    return mirrors.bring_up_to_date(local_caller(), services.get(local_caller(), row.pk), watch)


def refs(git_dir):
    listed = subprocess.run(
        ["git", "--git-dir", str(git_dir), "for-each-ref", "--format=%(refname) %(objectname)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(line.split() for line in listed.stdout.splitlines())


def git(world, *args):
    subprocess.run(["git", "--git-dir", str(world.tide.git_dir), *args], check=True, capture_output=True)


def test_it_is_made_once_and_then_only_brought_up_to_date(world, row):
    first = fetch(row)
    assert (first.refs, first.renamed_from) == (1, "")
    assert first.repository.fetched_at is not None
    assert refs(row.git_dir) == refs(world.tide.git_dir)
    git(world, "branch", "side", "main")
    git(world, "tag", "v1", "main")
    assert fetch(row).refs == 3
    git(world, "branch", "-D", "side")
    assert fetch(row).refs == 2
    assert refs(row.git_dir) == refs(world.tide.git_dir)


def test_one_whose_ref_names_what_is_lost_is_made_anew(world, row):
    fetch(row)
    (row.git_dir / "refs/heads/main").write_text("1" * 40 + "\n")
    git(world, "tag", "v1", "main")
    assert fetch(row).refs == 2
    assert refs(row.git_dir) == refs(world.tide.git_dir)


def test_one_that_is_whole_is_kept_when_fetching_fails(world, row):
    fetch(row)
    before = row.git_dir.stat().st_ino
    (world.tide.git_dir / "refs/heads/main").write_text("1" * 40 + "\n")
    with pytest.raises(GitHubProblem):
        fetch(row)
    assert row.git_dir.stat().st_ino == before


def test_refs_are_counted_whatever_they_name(row):
    fetch(row)
    (row.git_dir / "refs/heads/lost").write_text("1" * 40 + "\n")
    assert mirrors._count_refs(row.git_dir) == 2


def test_the_credential_is_in_no_file_of_the_mirror(world, given, row):
    fetch(row)
    config = (row.git_dir / "config").read_text()
    assert given.text not in config
    assert "url" not in config


def test_P22_the_name_is_asked_for_before_each_fetch(world, row):
    fetch(row)
    world.rename(world.tide, "harbour/flow-api")
    fetched = fetch(row)
    assert (fetched.repository.full_name, fetched.renamed_from) == ("harbour/flow-api", "harbour/tide-api")


def test_P22_one_made_anew_under_the_name_is_never_fetched_for_it(world, row):
    fetch(row)
    before = refs(row.git_dir)
    del world.world.repositories[world.tide.id]
    world.add_repository("harbour/tide-api", files={"b.txt": "another\n"}, private=False)
    with pytest.raises(GitHubProblem) as refused:
        fetch(row)
    assert refused.value.kind is ProblemKind.NOT_FOUND_OR_NOT_SELECTED
    assert refs(row.git_dir) == before
    assert "selected" in services.get(local_caller(), row.pk).unreachable


@pytest.mark.parametrize(
    ("break_it", "kind", "state"),
    [
        (lambda world, given: world.revoke(given), ProblemKind.BAD_CREDENTIALS, State.SICK),
        (lambda _, given: given.selected.clear(), ProblemKind.NOT_FOUND_OR_NOT_SELECTED, State.HEALTHY),
        (lambda _, given: given.permissions.pop("contents"), ProblemKind.PERMISSION_MISSING, State.HEALTHY),
        (
            lambda world, _: world.faults.rate_limit(resets_at=4_000_000_000, times=-1),
            ProblemKind.RATE_LIMITED,
            State.TROUBLED,
        ),
        (lambda world, _: world.faults.status(502, path=".git/", times=-1), ProblemKind.DOWN, State.TROUBLED),
    ],
    ids=["revoked", "not selected", "no contents", "rate limit", "down"],
)
def test_what_goes_wrong_is_told_apart_and_the_mirror_stays(world, given, row, break_it, kind, state):
    fetch(row)
    before = refs(row.git_dir)
    break_it(world, given)
    with pytest.raises(GitHubProblem) as refused:
        fetch(row)
    assert refused.value.kind is kind
    assert refused.value.hint
    assert given.text not in refused.value.message + refused.value.hint
    assert refs(row.git_dir) == before
    found = connections.get(local_caller(), row.connection_id)
    assert found.state is state
    assert services.get(local_caller(), row.pk).unreachable
    world.faults.clear()


def test_an_expired_token_is_called_expired(world, given, row):
    from datetime import timedelta

    from keyhole.connections.models import Connection

    Connection.objects.update(expires_at=given.expires_at - timedelta(days=31))
    world.revoke(given)
    with pytest.raises(GitHubProblem) as refused:
        fetch(row)
    assert refused.value.kind is ProblemKind.EXPIRED
    assert connections.get(local_caller(), row.connection_id).state is State.EXPIRED


def test_progress_can_stop_it_and_nothing_half_stays(world, row):
    class Enough(Exception):
        pass

    def stop(*_):
        raise Enough

    with pytest.raises(Enough):
        fetch(row, stop)
    assert not row.git_dir.exists()
    assert not list(row.git_dir.parent.glob(".*"))
    assert fetch(row).refs == 1


def test_what_a_killed_process_left_is_cleared_away(world, row):
    half = row.git_dir.with_name(f".{row.git_dir.name}.1234abcd")
    half.mkdir(parents=True)
    fetch(row)
    assert not half.exists()


def test_a_mirror_that_is_no_repository_any_more_is_made_anew(world, row):
    fetch(row)
    (row.git_dir / "HEAD").unlink()
    assert fetch(row).refs == 1
    assert refs(row.git_dir) == refs(world.tide.git_dir)


def test_two_do_not_fetch_the_same_mirror(world, row, monkeypatch):
    monkeypatch.setattr(mirrors, "_PATIENCE", -1.0)

    def second(*_):
        with pytest.raises(Unavailable, match="Another scan"):
            fetch(row)

    assert fetch(row, second).refs == 1


@pytest.mark.parametrize("end", ["pause", "remove"])
def test_a_paused_or_removed_connection_fetches_nothing(world, row, end):
    getattr(connections, end)(local_caller(), row.connection_id)
    asked = len(world.requests)
    with pytest.raises(Conflict, match=end):
        fetch(row)
    assert len(world.requests) == asked


def test_who_waits_for_the_other_can_be_stopped(world, row):
    class Enough(Exception):
        pass

    def stop(what, *_):
        assert what == "Waiting for another scan"
        raise Enough

    def second(*_):
        with pytest.raises(Enough):
            fetch(row, stop)

    assert fetch(row, second).refs == 1


def test_S5_a_credential_that_a_restore_dropped_is_called_missing_and_replaced_by_rotation(world, row):
    connection = connections.get(local_caller(), row.connection_id)
    vault.forget(local_caller(), connection.place)
    with pytest.raises(Conflict, match="older backup was restored"):
        fetch(row)
    assert connections.get(local_caller(), row.connection_id).state is State.SICK
    connections.begin_rotation(local_caller(), row.connection_id, new_token(world))
    assert fetch(row).refs == 1
    assert connections.get(local_caller(), row.connection_id).state is State.HEALTHY


def new_token(world, **permissions):
    made = world.add_fine_grained_token(
        world.alice,
        owner="harbour",
        repositories=["harbour/tide-api"],
        permissions=permissions or {"contents": "read"},
    )
    return Secret(canaries.watch("new token", made.text))


def test_rotation_ends_when_the_new_credential_was_used(world, given, row):
    fresh = new_token(world)
    connections.begin_rotation(local_caller(), row.connection_id, fresh)
    connection = connections.get(local_caller(), row.connection_id)
    assert vault.reveal(local_caller(), connection.place).reveal() == given.text
    fetch(row)
    assert vault.reveal(local_caller(), connection.place) == fresh
    assert not Successor.objects.exists()
    with pytest.raises(Conflict, match="No rotation"):
        connections.undo_rotation(local_caller(), row.connection_id)
    steps = [
        entry.subject["step"] for entry in Entry.objects.filter(action="connection:rotate").order_by("seq")
    ]
    assert steps == ["begin", "finish"]


def test_rotation_can_be_undone_until_then(world, given, row):
    connections.begin_rotation(local_caller(), row.connection_id, new_token(world))
    connections.undo_rotation(local_caller(), row.connection_id)
    fetch(row)
    connection = connections.get(local_caller(), row.connection_id)
    assert vault.reveal(local_caller(), connection.place).reveal() == given.text


def test_a_new_credential_that_fails_at_its_first_use_leaves_the_old_one_at_work(world, given, row):
    connections.begin_rotation(local_caller(), row.connection_id, new_token(world, issues="read"))
    assert fetch(row).refs == 1
    successor = Successor.objects.get()
    assert successor.problem == "permission_missing"
    connection = connections.get(local_caller(), row.connection_id)
    assert vault.reveal(local_caller(), connection.place).reveal() == given.text
    assert connection.state is State.HEALTHY


def test_a_dead_or_known_credential_is_not_rotated_to(world, given, row):
    from keyhole.core.errors import InvalidInput

    dead = new_token(world)
    world.revoke(dead.reveal())
    with pytest.raises(GitHubProblem):
        connections.begin_rotation(local_caller(), row.connection_id, dead)
    with pytest.raises(InvalidInput, match="already"):
        connections.begin_rotation(local_caller(), row.connection_id, Secret(given.text))
    assert not Successor.objects.exists()
