"""Granted, planned and used, side by side; and a narrower plan for what was used."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.connections.models import Connection, Used
from keyhole.connections.usage import note_use, used_since
from keyhole.core.permissions import Level
from keyhole.integrations.watch.inspections import inspect_now
from keyhole.integrations.watch.rights import rights_of
from keyhole.planner.plan import plan
from keyhole.planner.query import from_query
from keyhole.repositories import mirrors
from keyhole.testing.github import GitHub
from tests.unit.repositories.github_kit import connect, take_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def world(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as sandbox:
        sandbox.alice = sandbox.add_user("alice")
        sandbox.add_organization("harbour", owners=[sandbox.alice])
        sandbox.add_repository("harbour/tide-api")
        yield sandbox


@pytest.fixture
def row(world):
    given = world.add_fine_grained_token(
        world.alice,
        owner="harbour",
        repositories=["harbour/tide-api"],
        permissions={"contents": "write", "issues": "read"},
    )
    return connect(world, given, planned={"contents": Level.READ})


def rights(row, days=0):
    Connection.objects.update(created_at=timezone.now() - timedelta(days=days))
    return rights_of(local_caller(), connections.get(local_caller(), row.pk))


def names(rows):
    return [each.name for each in rows]


def test_a_fetch_uses_contents_and_a_mere_check_nothing(row):
    connections.check(local_caller(), row.pk)
    assert not Used.objects.exists()
    (repository,) = take_in(row, "harbour/tide-api")
    assert names(rights(row).rows) == ["contents", "metadata"]
    mirrors.bring_up_to_date(local_caller(), repository, lambda *_: None)
    used = used_since(row, timezone.now() - timedelta(days=1))
    assert {name: each.level for name, each in used.items()} == {
        "contents": Level.READ,
        "metadata": Level.READ,
    }


def test_what_is_beyond_the_plan_is_said_at_once_and_what_is_not_used_after_thirty_days(row):
    inspect_now(local_caller(), row.pk)
    note_use(row, {"contents": Level.READ, "metadata": Level.READ})
    young = rights(row)
    assert (names(young.beyond), names(young.idle)) == (["contents", "issues"], [])
    old = rights(row, days=31)
    assert names(old.idle) == ["contents", "issues"]
    assert {each.name: each.used for each in old.rows}["contents"] is Level.READ


def test_the_narrower_plan_is_for_what_was_used_and_never_wider(row):
    inspect_now(local_caller(), row.pk)
    take_in(row, "harbour/tide-api")
    note_use(row, {"contents": Level.READ})
    request = from_query(QueryDict(rights(row, days=31).query))
    assert (request.owner, request.repositories) == ("harbour", ("harbour/tide-api",))
    assert request.github == row.web
    assert plan(request).permissions == {"contents": Level.READ, "metadata": Level.READ}


def test_without_use_or_with_a_use_that_nothing_covers_nothing_is_proposed(row):
    inspect_now(local_caller(), row.pk)
    assert rights(row, days=31).query == ""
    note_use(row, {"contents": Level.READ, "gists": Level.WRITE})
    assert rights(row, days=31).query == ""


def test_use_that_is_long_past_is_none(row):
    note_use(row, {"contents": Level.WRITE})
    Used.objects.update(last_at=timezone.now() - timedelta(days=31))
    note_use(row, {"contents": Level.READ})
    assert {each.name: each.used for each in rights(row).rows} == {"contents": Level.READ}
    note_use(row, {"contents": Level.WRITE})
    assert {each.name: each.used for each in rights(row).rows} == {"contents": Level.WRITE}


def test_before_it_was_ever_asked_nothing_is_claimed(row):
    found = rights(row, days=31)
    assert (found.known, found.beyond, found.idle, found.query) == (False, (), (), "")


def test_an_app_is_held_to_what_its_installation_was_given(row):
    Connection.objects.update(
        kind="app", planned={}, report={"permissions": {"contents": "read", "checks": "write", "odd": "none"}}
    )
    note_use(row, {"contents": Level.READ})
    found = rights(row, days=31)
    assert (names(found.idle), found.beyond, found.query) == (["checks"], (), "")
