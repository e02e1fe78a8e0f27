"""What a connection reaches, and following repositories by GitHub's id, against the sandbox GitHub."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.connections.models import State
from keyhole.core.errors import Conflict, InvalidInput
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.repositories import github, listing, lookup, services
from keyhole.repositories.models import FormerName, Repository
from keyhole.testing.github import GitHub
from tests.unit.repositories.github_kit import connect, take_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.harbour = sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.tide = sandbox.add_repository("harbour/tide-api", private=True)
        sandbox.secret = sandbox.add_repository("harbour/not-chosen", private=True)
        sandbox.public = sandbox.add_repository("harbour/website", private=False)
        yield sandbox


def token(world, *names, **more):
    return world.add_fine_grained_token(
        world.alice,
        owner="harbour",
        repositories=names or ["harbour/tide-api"],
        permissions={"contents": "read"},
        **more,
    )


def seen(row):
    return {
        each.full_name: ("selected" if each.selected else "public")
        for each, _ in github.reachable(local_caller(), row.pk)
    }


def test_what_the_token_reaches_counts_and_not_what_its_owner_may_see(world):
    row = connect(world, token(world))
    listing.refresh_now(local_caller(), row.pk)
    assert seen(row) == {"harbour/tide-api": "selected", "harbour/website": "public"}
    assert connections.get(local_caller(), row.pk).state is State.HEALTHY
    assert world.changes == 0


def test_a_classic_token_reaches_what_github_lists(world):
    row = connect(world, world.add_classic_token(world.alice, scopes=["repo"]), kind="classic")
    listing.refresh_now(local_caller(), row.pk)
    assert set(seen(row)) == {"harbour/tide-api", "harbour/not-chosen", "harbour/website"}


def test_taking_in_makes_private_repositories_of_their_owner_by_githubs_id(world):
    row = connect(world, token(world))
    (taken,) = take_in(row, "harbour/tide-api")
    assert (taken.full_name, taken.public, taken.provider) == ("harbour/tide-api", False, "github")
    assert taken.marker == f"{world.url}#{world.tide.id}"
    assert taken.fetched_at is None
    assert [found.pk for found in github.taken_in(local_caller(), row.pk)] == [taken.pk]
    again = github.take_in(local_caller(), row.pk, [world.tide.id])
    assert (again.connected, [found.pk for found in again.known]) == ((), [taken.pk])


def test_what_is_not_reached_is_not_taken_in(world):
    row = connect(world, token(world))
    listing.refresh_now(local_caller(), row.pk)
    with pytest.raises(InvalidInput, match="does not reach"):
        github.take_in(local_caller(), row.pk, [world.secret.id])
    assert not Repository.objects.exists()


def test_nothing_is_taken_in_through_a_removed_connection(world):
    row = connect(world, token(world))
    listing.refresh_now(local_caller(), row.pk)
    connections.remove(local_caller(), row.pk)
    with pytest.raises(Conflict, match="removed"):
        github.take_in(local_caller(), row.pk)
    assert not Repository.objects.exists()


def test_all_repositories_means_those_to_come_too(world):
    row = connect(world, world.add_classic_token(world.alice, scopes=["repo"]), kind="classic")
    listing.refresh_now(local_caller(), row.pk)
    connections.set_take_all(local_caller(), row.pk, True)
    github.take_in(local_caller(), row.pk)
    world.add_repository("harbour/new-one")
    found = listing.refresh_now(local_caller(), row.pk)
    assert (found.seen, found.connected) == (4, 1)
    assert services.by_full_name(local_caller(), "harbour/new-one").provider == "github"


def test_P22_a_rename_and_a_transfer_keep_the_id_and_leave_the_former_name(world):
    (taken,) = take_in(
        connect(world, world.add_classic_token(world.alice, scopes=["repo"]), kind="classic"),
        "harbour/tide-api",
    )
    world.rename(world.tide, "harbour/flow-api")
    assert listing.refresh_now(local_caller(), taken.connection_id).renamed == 1
    assert services.by_full_name(local_caller(), "harbour/flow-api").pk == taken.pk
    assert lookup.find("harbour", "tide-api").repository.pk == taken.pk
    world.rename(world.tide, "alice/flow-api")
    listing.refresh_now(local_caller(), taken.connection_id)
    moved = services.by_full_name(local_caller(), "alice/flow-api")
    assert moved.pk == taken.pk
    assert moved.owner.login == "alice"


def test_P22_two_that_swap_their_names_are_not_mixed_up(world):
    row = connect(world, world.add_classic_token(world.alice, scopes=["repo"]), kind="classic")
    first, second = take_in(row, "harbour/tide-api", "harbour/not-chosen")
    world.rename(world.tide, "harbour/x")
    world.rename(world.secret, "harbour/tide-api")
    world.rename(world.tide, "harbour/not-chosen")
    listing.refresh_now(local_caller(), row.pk)
    assert services.by_full_name(local_caller(), "harbour/not-chosen").pk == first.pk
    assert services.by_full_name(local_caller(), "harbour/tide-api").pk == second.pk
    assert not Repository.objects.filter(name_folded__startswith="~").exists()


def test_another_github_s_repository_of_the_same_number_and_name_keeps_its_place(world):
    (taken,) = take_in(connect(world, token(world)), "harbour/tide-api")
    Repository.objects.filter(pk=taken.pk).update(marker=f"https://other.example#{world.tide.id}")
    row = taken.connection
    found = github.take_in(local_caller(), row.pk, [world.tide.id])
    assert [each.full_name for each in found.skipped] == ["harbour/tide-api"]
    assert listing.refresh_now(local_caller(), row.pk).state == "done"
    assert services.by_full_name(local_caller(), "harbour/tide-api").pk == taken.pk


def test_P22_N7_deleted_and_made_again_is_another_repository(world):
    row = connect(world, world.add_classic_token(world.alice, scopes=["repo"]), kind="classic")
    (old,) = take_in(row, "harbour/tide-api")
    del world.world.repositories[world.tide.id]
    world.add_repository("harbour/tide-api")
    (new,) = take_in(row, "harbour/tide-api")
    assert new.pk != old.pk
    assert services.by_full_name(local_caller(), "harbour/tide-api").pk == new.pk
    listing.refresh_now(local_caller(), row.pk)
    assert Repository.objects.get(pk=old.pk).removed_at is not None
    assert not FormerName.objects.exists()


def test_one_that_is_not_selected_any_more_stays_and_says_so(world):
    given = token(world)
    (taken,) = take_in(connect(world, given), "harbour/tide-api")
    given.selected = {world.secret.id}
    assert listing.refresh_now(local_caller(), taken.connection_id).lost == 1
    assert "not selected" in services.get(local_caller(), taken.pk).unreachable
    given.selected = {world.tide.id}
    listing.refresh_now(local_caller(), taken.connection_id)
    assert services.get(local_caller(), taken.pk).unreachable == ""


def test_another_connection_takes_over_when_asked_and_not_by_itself(world):
    first, second = connect(world, token(world)), connect(world, token(world), name="Second")
    (taken,) = take_in(first, "harbour/tide-api")
    take_in(second, "harbour/tide-api")
    assert services.get(local_caller(), taken.pk).connection == first
    connections.remove(local_caller(), first.pk)
    listing.refresh_now(local_caller(), second.pk)
    assert services.get(local_caller(), taken.pk).connection == first
    take_in(second, "harbour/tide-api")
    assert services.get(local_caller(), taken.pk).connection == second


def test_a_name_that_a_folder_has_here_is_not_taken_from_it(world, tmp_path):
    import subprocess

    path = tmp_path / "harbour" / "tide-api.git"
    subprocess.run(["git", "init", "-q", "--bare", str(path)], check=True)
    local = services.connect_folder(local_caller(), tmp_path).connected[0]
    row = connect(world, token(world))
    listing.refresh_now(local_caller(), row.pk)
    taken = github.take_in(local_caller(), row.pk, [world.tide.id])
    assert not taken.connected
    assert "already connected" in taken.skipped[0].why
    assert services.by_full_name(local_caller(), "harbour/tide-api").pk == local.pk


def test_U7_a_token_that_died_makes_its_connection_sick_and_the_run_says_why(world):
    given = token(world)
    row, other = connect(world, given), connect(world, token(world), name="Other")
    world.revoke(given)
    with pytest.raises(GitHubProblem) as refused:
        listing.refresh_now(local_caller(), row.pk)
    assert refused.value.kind is ProblemKind.BAD_CREDENTIALS
    assert given.text not in str(refused.value)
    found = connections.get(local_caller(), row.pk)
    assert (found.state, found.problem) == (State.SICK, "bad_credentials")
    assert listing.latest(local_caller(), row.pk).state == "failed"
    assert connections.get(local_caller(), other.pk).state is State.UNCHECKED
    listing.refresh_now(local_caller(), other.pk)


def test_a_new_credential_that_reaches_less_does_not_take_over(world):
    from keyhole.connections.models import Successor
    from keyhole.core.secret import Secret
    from tests import canaries

    row = connect(world, token(world))
    (taken,) = take_in(row, "harbour/tide-api")
    less = canaries.watch("narrower token", token(world, "harbour/not-chosen").text)
    connections.begin_rotation(local_caller(), row.pk, Secret(less))
    connections.check(local_caller(), row.pk)
    assert connections.is_rotating(row)
    with pytest.raises(GitHubProblem, match="does not reach harbour/tide-api, which the old one does"):
        listing.refresh_now(local_caller(), row.pk)
    assert Successor.objects.get().problem == "not_found_or_not_selected"
    assert services.get(local_caller(), taken.pk).unreachable == ""
    assert listing.refresh_now(local_caller(), row.pk).lost == 0
    assert connections.get(local_caller(), row.pk).state is State.HEALTHY


def test_a_list_that_breaks_off_changes_nothing_here(world):
    row = connect(world, token(world))
    (taken,) = take_in(row, "harbour/tide-api")
    before = seen(row)
    world.rename(world.tide, "harbour/flow-api")
    world.faults.status(500, path="/user/repos", times=-1)
    with pytest.raises(GitHubProblem):
        listing.refresh_now(local_caller(), row.pk)
    assert seen(row) == before
    assert services.get(local_caller(), taken.pk).full_name == "harbour/tide-api"
    assert connections.get(local_caller(), row.pk).state is State.TROUBLED


def test_an_app_reaches_what_its_installation_selects(world):
    from keyhole.connections import app_draft
    from keyhole.core.secret import Secret
    from tests import canaries

    app = world.add_app("scanner", owner=world.harbour, permissions={"contents": "read"})
    world.add_installation(app, world.harbour, repositories=["harbour/tide-api"])
    canaries.watch("key of an App", app.private_key.splitlines()[1])
    draft = app_draft.begin(
        local_caller(), app_draft.AppSpec(world.url, str(app.id), Secret(app.private_key))
    )
    _, there = app_draft.installations(local_caller(), draft.pk)
    row = app_draft.finish(local_caller(), draft.pk, there[0].id)
    assert (row.name, row.kind, row.report["permissions"]) == (
        f"harbour on {world.url[7:]}",
        "app",
        {"contents": "read", "metadata": "read"},
    )
    listing.refresh_now(local_caller(), row.pk)
    assert seen(row) == {"harbour/tide-api": "selected"}
    assert connections.check(local_caller(), row.pk).state is State.HEALTHY


def test_the_key_of_an_app_that_nobody_finished_is_forgotten(world):
    from datetime import timedelta

    from keyhole.connections import app_draft
    from keyhole.connections.models import AppDraft
    from keyhole.core.errors import NotFound
    from keyhole.core.secret import Secret
    from keyhole.jobs.registry import find
    from keyhole.vault import services as vault

    app = world.add_app("scanner", owner=world.harbour, permissions={"contents": "read"})
    draft = app_draft.begin(
        local_caller(), app_draft.AppSpec(world.url, str(app.id), Secret(app.private_key))
    )
    assert list(find("app-draft-end").unfinished()) == []
    AppDraft.objects.update(created_at=draft.created_at - timedelta(minutes=16))
    with pytest.raises(NotFound):
        app_draft.installations(local_caller(), draft.pk)
    assert list(find("app-draft-end").unfinished()) == [draft.pk]
    app_draft.end(draft.pk)
    assert not vault.exists(draft.place)
    assert not AppDraft.objects.exists()
