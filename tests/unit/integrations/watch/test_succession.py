"""A new credential is inspected and compared before it is kept beside the old one."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.connections.models import Successor
from keyhole.connections.usage import note_use
from keyhole.core.errors import InvalidInput, PermissionDenied
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.inspector.report import from_json
from keyhole.integrations.watch.inspections import inspect_now
from keyhole.integrations.watch.succession import LacksSomething, rotate
from keyhole.testing.github import GitHub
from tests import canaries
from tests.unit.connections.test_services import member
from tests.unit.repositories.github_kit import connect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.add_repository("harbour/tide-api")
        yield sandbox


def token(world, **permissions):
    made = world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions=permissions
    )
    canaries.watch("a rotated token", made.text)
    return made


@pytest.fixture
def row(world):
    old = token(world, contents="read", issues="write")
    row = connect(world, old, planned={"contents": Level.READ})
    inspect_now(local_caller(), row.pk)
    return row


def test_what_it_lacks_is_said_and_nothing_kept_until_that_is_accepted(world, row):
    new = token(world, pull_requests="read")
    with pytest.raises(LacksSomething, match="contents: read") as refused:
        rotate(local_caller(), row.pk, Secret(new.text))
    found = refused.value.compared
    assert (found.needed, found.more) == (("contents: read",), ("pull_requests: read",))
    assert found.less == ("issues: write",)
    assert new.text not in str(refused.value)
    assert not Successor.objects.exists()
    assert rotate(local_caller(), row.pk, Secret(new.text), accept_less=True) == found
    assert from_json(Successor.objects.get().report).held()["pull_requests"] is Level.READ
    assert world.changes == 0


def test_one_that_can_do_as_much_is_kept_with_its_report_which_takes_over(world, row):
    found = rotate(local_caller(), row.pk, Secret(token(world, contents="read", issues="write").text))
    assert (found.lacks, found.more) == (False, ())
    connections.finish_rotation(local_caller(), row.pk)
    assert from_json(connections.get(local_caller(), row.pk).report).held()["issues"] is Level.WRITE


def test_what_was_used_is_needed_though_it_was_not_planned(world, row):
    note_use(row, {"issues": Level.WRITE})
    with pytest.raises(LacksSomething) as refused:
        rotate(local_caller(), row.pk, Secret(token(world, contents="read").text))
    assert refused.value.compared.needed == ("issues: write",)


def test_without_a_report_of_the_old_one_the_plan_counts(world, row):
    row.report = {}
    row.save()
    with pytest.raises(LacksSomething, match="contents: read"):
        rotate(local_caller(), row.pk, Secret(token(world, issues="read").text))


def test_nothing_and_nobody(world, row):
    with pytest.raises(InvalidInput):
        rotate(local_caller(), row.pk, Secret("  "))
    with pytest.raises(PermissionDenied):
        rotate(member(), row.pk, Secret("github_pat_x"))
