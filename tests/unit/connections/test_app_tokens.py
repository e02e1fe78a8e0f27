"""Connections that are GitHub Apps, against the sandbox: narrow tokens, and refusals in terms of Apps."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.connections import app_draft
from keyhole.connections import services as connections
from keyhole.connections.models import State
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.testing.github import GitHub
from tests import canaries

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]
READ = {"contents": Level.READ}


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        alice = sandbox.add_user("alice")
        sandbox.harbour = sandbox.add_organization("harbour", owners=[alice])
        sandbox.tide = sandbox.add_repository("harbour/tide-api")
        sandbox.other = sandbox.add_repository("harbour/other")
        sandbox.app = sandbox.add_app("scanner", owner=sandbox.harbour, permissions={"contents": "write"})
        sandbox.there = sandbox.add_installation(
            sandbox.app, sandbox.harbour, repositories=["harbour/tide-api"]
        )
        canaries.watch("key of an App", sandbox.app.private_key.splitlines()[1])
        yield sandbox


@pytest.fixture
def row(world):
    spec = app_draft.AppSpec(world.url, str(world.app.id), Secret(world.app.private_key))
    return app_draft.finish(local_caller(), app_draft.begin(local_caller(), spec).pk, world.there.id)


def made(world):
    return len(world.world.tokens)


def test_a_token_is_for_these_repositories_and_permissions_and_kept_for_the_next_time(world, row):
    first = connections.credential_for(local_caller(), row, [world.tide.id], READ)
    token = world.world.tokens[first.reveal()]
    assert token.selected == {world.tide.id}
    assert {name: level.word for name, level in token.permissions.items()} == {
        "contents": "read",
        "metadata": "read",
    }
    count = made(world)
    assert connections.credential_for(local_caller(), row, [world.tide.id], READ) == first
    assert made(world) == count
    connections.credential_for(local_caller(), row, [world.tide.id], {"contents": Level.WRITE})
    assert made(world) == count + 1


@pytest.mark.parametrize(
    ("break_it", "asked", "kind", "words"),
    [
        (lambda w: w.world.installations.clear(), ([], READ), ProblemKind.BAD_CREDENTIALS, "not installed"),
        (
            lambda w: setattr(w.app, "public_key", other_key()),
            ([], READ),
            ProblemKind.BAD_CREDENTIALS,
            "private key",
        ),
        (
            lambda w: setattr(w.there, "suspended_at", w.world.now()),
            ([], READ),
            ProblemKind.POLICY,
            "suspended",
        ),
        (lambda w: None, (["other"], READ), ProblemKind.NOT_FOUND_OR_NOT_SELECTED, "does not select"),
        (lambda w: None, ([], {"issues": Level.READ}), ProblemKind.PERMISSION_MISSING, "may not read code"),
    ],
    ids=["uninstalled", "key deleted", "suspended", "not selected", "not permitted"],
)
def test_refusals_are_told_in_terms_of_apps(world, row, break_it, asked, kind, words):
    ids, permissions = asked
    break_it(world)
    with pytest.raises(GitHubProblem) as refused:
        connections.credential_for(local_caller(), row, [world.other.id for _ in ids], permissions)
    assert refused.value.kind is kind
    assert words in refused.value.message
    assert refused.value.hint


def other_key():
    from keyhole.testing.github.apps import new_key

    return new_key()[1]


def test_a_check_asks_though_a_token_is_kept(world, row):
    assert connections.check(local_caller(), row.pk).state is State.HEALTHY
    world.there.suspended_at = world.world.now()
    found = connections.check(local_caller(), row.pk)
    assert (found.state, found.problem) == (State.SICK, "policy")
    world.there.suspended_at = None
    assert connections.check(local_caller(), row.pk).state is State.HEALTHY


def test_a_kept_token_that_is_refused_is_not_given_again(world, row):
    for token in list(world.world.tokens.values()):
        token.revoked = True
    kept = connections.credential_for(local_caller(), row, [], {"metadata": Level.READ})
    world.revoke(kept.reveal())
    with pytest.raises(GitHubProblem), connections.using(local_caller(), row) as use:
        use.github().get("/installation/repositories")
    with connections.using(local_caller(), row) as use:
        use.github().get("/installation/repositories")
    assert connections.get(local_caller(), row.pk).state is State.HEALTHY


def test_a_new_private_key_takes_over_by_being_used(world, row):
    from keyhole.testing.github.apps import new_key

    private, public = new_key()
    canaries.watch("second key of an App", private.splitlines()[1])
    with pytest.raises(GitHubProblem):
        connections.begin_rotation(local_caller(), row.pk, Secret(private))
    world.app.public_key = public
    connections.begin_rotation(local_caller(), row.pk, Secret(private))
    connections.check(local_caller(), row.pk)
    assert connections.is_rotating(row), "that it lives is not yet a use"
    with connections.using(local_caller(), row) as use:
        use.github().get("/installation/repositories")
    assert not connections.is_rotating(row)
    assert connections.check(local_caller(), row.pk).state is State.HEALTHY
