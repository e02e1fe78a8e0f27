"""Inspecting the credential of a connection again, and what its page then shows."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.connections.models import State
from keyhole.core.errors import Conflict, InvalidInput, PermissionDenied
from keyhole.core.permissions import Level
from keyhole.inspector.connected import inspect_connection
from keyhole.providers.github.problems import GitHubProblem
from keyhole.testing.github import GitHub
from keyhole.web.forms.granted import granted
from tests.unit.connections.test_services import member
from tests.unit.repositories.github_kit import connect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.harbour = sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.add_repository("harbour/tide-api")
        yield sandbox


@pytest.fixture
def given(world):
    return world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions={"issues": "write"}
    )


@pytest.fixture
def row(world, given):
    return connect(world, given, planned={"contents": Level.READ})


def rows(row):
    shown = granted(connections.get(local_caller(), row.pk))
    return {each.title: (each.word, each.planned) for each in shown}


def test_the_report_is_kept_and_shown_beside_the_plan(world, given, row):
    assert rows(row) == {}
    report = inspect_connection(local_caller(), row.pk)
    assert report.held()["issues"] is Level.WRITE
    assert rows(row) == {
        "Contents": ("not granted", "read"),
        "Issues": ("write", ""),
        "Metadata": ("read", ""),
    }
    assert connections.get(local_caller(), row.pk).expires_at == given.expires_at.replace(microsecond=0)
    assert given.text not in str(connections.get(local_caller(), row.pk).report)
    assert world.changes == 0


def test_a_dead_token_is_noted_and_the_old_report_stays(world, given, row):
    inspect_connection(local_caller(), row.pk)
    world.revoke(given)
    with pytest.raises(GitHubProblem):
        inspect_connection(local_caller(), row.pk)
    assert connections.get(local_caller(), row.pk).state is State.SICK
    assert rows(row)


def test_who_may_not_and_what_cannot_be_inspected(row):
    with pytest.raises(PermissionDenied):
        inspect_connection(member(), row.pk)
    connections.pause(local_caller(), row.pk)
    with pytest.raises(Conflict):
        inspect_connection(local_caller(), row.pk)
    row.kind = "app"
    row.save()
    with pytest.raises(InvalidInput, match="App"):
        inspect_connection(local_caller(), row.pk)


def test_a_report_of_another_version_is_not_shown(row):
    inspect_connection(local_caller(), row.pk)
    row.refresh_from_db()
    row.report["version"] = 99
    row.save()
    assert rows(row) == {}
