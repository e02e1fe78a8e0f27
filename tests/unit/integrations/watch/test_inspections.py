"""Asking GitHub again what a connection can do: what changed is kept, on record and said once."""

from datetime import timedelta

import pytest

from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.core.errors import Conflict, PermissionDenied
from keyhole.core.permissions import Level
from keyhole.inspector.compare import change
from keyhole.inspector.report import from_json
from keyhole.integrations.models import RightsChange, Task, TaskKind
from keyhole.integrations.watch import inspections, schedule
from keyhole.testing.github import GitHub
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


@pytest.fixture
def given(world):
    return world.add_fine_grained_token(
        world.alice, owner="harbour", repositories=["harbour/tide-api"], permissions={"contents": "read"}
    )


@pytest.fixture
def row(world, given):
    return connect(world, given, planned={"contents": Level.READ})


@pytest.fixture(autouse=True)
def told(monkeypatch):
    said = []
    monkeypatch.setattr(inspections, "tell", lambda caller, event: said.append(event))
    return said


def due(row):
    number = schedule.hurry(TaskKind.INSPECT, row.pk)
    inspections.inspect_due(number)
    return Task.objects.get(pk=number).outcome


def grant(given, **permissions):
    """What the person does on GitHub's page of the token."""
    given.permissions = {
        name: Level.parse(word) for name, word in {**permissions, "metadata": "read"}.items()
    }


def test_the_first_report_is_no_change(world, row, told):
    assert "could before" in due(row)
    assert from_json(Connection.objects.get().report).held()["contents"] is Level.READ
    assert (told, RightsChange.objects.count(), world.changes) == ([], 0, 0)


def test_what_was_widened_and_narrowed_on_github_is_noticed_once(world, given, row, told):
    due(row)
    grant(given, contents="read", issues="write")
    assert due(row) == "New: issues: write."
    assert "could before" in due(row)
    grant(given, issues="write")
    assert due(row) == "Gone: contents: read."
    assert [event.kind for event in told] == ["connection.drift"] * 2
    assert told[0].facts["Can do now, and could not"] == "issues: write"
    assert told[1].facts["Cannot do any more"] == "contents: read"
    assert given.text not in str(told)
    assert [each.widened for each in RightsChange.objects.order_by("pk")] == [["issues: write"], []]
    recorded = [entry.subject.get("widened") for entry in Entry.objects.filter(action="connection:check")]
    assert ["issues: write"] in recorded


def test_an_incomplete_report_does_not_take_the_place_of_a_complete_one(world, row, monkeypatch, told):
    due(row)
    whole = Connection.objects.get().report
    partial = from_json({**whole, "complete": False, "findings": []})
    monkeypatch.setattr(inspections, "look", lambda *_: partial)
    assert "kept" in due(row)
    assert Connection.objects.get().report == whole
    assert told == []


def test_a_report_that_shows_nothing_does_not_take_the_place_of_one_that_does(world, given, row, told):
    due(row)
    whole = Connection.objects.get().report
    given.permissions = {}
    assert "kept" in due(row)
    assert Connection.objects.get().report == whole


def test_a_report_of_a_credential_that_was_replaced_meanwhile_is_not_kept(world, row, monkeypatch):
    def look(caller, found, _progress):
        Connection.objects.filter(pk=found.pk).update(recognition="another")
        return report

    report = from_json(inspections.inspect_now(local_caller(), row.pk).report.as_json())
    monkeypatch.setattr(inspections, "look", look)
    Connection.objects.update(report={})
    with pytest.raises(Conflict, match="new credential"):
        inspections.inspect_now(local_caller(), row.pk)
    assert Connection.objects.get().report == {}


def test_what_cannot_be_proved_is_no_difference(world, given, row):
    report = inspections.inspect_now(local_caller(), row.pk).report
    words = report.as_json()
    for each in words["findings"]:
        each["verdict"] = "not provable"
    unsure = from_json(words)
    assert not change(unsure, report).any
    assert not change(report, unsure).any


def test_it_is_asked_weekly_and_a_dead_credential_tomorrow(world, given, row):
    due(row)
    following = Task.objects.get(kind=TaskKind.INSPECT, done_at=None)
    assert timedelta(days=6) < following.due_at - row.created_at < timedelta(days=8)
    assert schedule.due(TaskKind.INSPECT, row.created_at) == []
    world.revoke(given)
    due(row)
    following = Task.objects.get(kind=TaskKind.INSPECT, done_at=None)
    assert following.due_at - row.created_at < timedelta(days=2)
    connections.pause(local_caller(), row.pk)
    assert "paused" in due(row)


def test_a_member_may_not(row):
    with pytest.raises(PermissionDenied):
        inspections.inspect_now(member(), row.pk)
