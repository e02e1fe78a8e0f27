"""The daily question to GitHub, against a GitHub: one cheap request, and people are told when something changes."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.core.secret import Secret
from keyhole.integrations.models import Task, TaskKind, Told
from keyhole.integrations.watch import probes, schedule
from keyhole.providers import outgoing
from keyhole.providers.github.instance import instance_at
from keyhole.testing.github import GitHub
from tests import canaries
from tests.unit.connections.test_services import spec

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def github(settings):
    settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
    with GitHub() as running:
        yield running


@pytest.fixture
def token(github):
    alice = github.add_user("alice")
    github.add_repository("alice/tide-api", private=True)
    made = github.add_fine_grained_token(
        alice, repositories=["alice/tide-api"], permissions={"contents": "read"}
    )
    canaries.watch("watched token", made.text)
    return made


@pytest.fixture
def row(github, token):
    instance = instance_at(github.url, outgoing.configured())
    return connections.connect(
        local_caller(), spec(instance=instance, credential=Secret(token.text), owner_login="alice")
    )


@pytest.fixture(autouse=True)
def told(monkeypatch):
    said = []
    monkeypatch.setattr(probes, "tell", lambda caller, notice: said.append(notice))
    return said


def probe(row):
    number = schedule.hurry(TaskKind.PROBE, row.pk)
    probes.probe(number)
    return Task.objects.get(pk=number).outcome


def test_a_living_credential_costs_one_request_and_changes_nothing(row, github, told):
    before = len(github.requests)
    assert probe(row) == "It is alive."
    assert len(github.requests) - before == 1
    assert github.changes == 0
    assert told == []
    assert Connection.objects.get().state == "healthy"
    assert Connection.objects.get().expires_at is not None


def test_a_revoked_credential_is_noticed_and_said_once(row, github, token, told):
    probe(row)
    github.revoke(token)
    for _ in range(3):
        probe(row)
    assert [notice.kind for notice in told] == ["connection.failed"]
    assert "Harbour" in told[0].title
    assert token.text not in str(told)
    assert Connection.objects.get().state == "sick"


def test_what_a_scan_noticed_before_the_probe_is_still_said(row, github, token, told):
    github.revoke(token)
    connections.check(local_caller(), row.pk)
    probe(row)
    assert len(told) == 1


def test_a_github_that_is_down_is_no_verdict_and_asked_again_soon(row, github, told):
    probe(row)
    github.faults.status(503, times=50)
    assert probe(row) != "It is alive."
    assert told == []
    following = Task.objects.filter(kind=TaskKind.PROBE, done_at=None).get()
    assert (
        following.due_at - Task.objects.filter(done_at__isnull=False).latest("done_at").done_at
        <= schedule.SOON
    )


def test_a_paused_connection_is_left_alone(row, github):
    connections.pause(local_caller(), row.pk)
    before = len(github.requests)
    assert "paused" in probe(row)
    assert len(github.requests) == before


def test_a_removed_connection_ends_the_watch(row):
    number = schedule.hurry(TaskKind.PROBE, row.pk)
    connections.remove(local_caller(), row.pk)
    probes.probe(number)
    assert "removed" in Task.objects.get(pk=number).outcome
    assert not Task.objects.filter(done_at=None).exists()


def test_a_connection_that_works_again_is_said_so(row, told):
    Told.objects.create(connection=row, problem="bad_credentials", at=row.created_at)
    probe(row)
    assert [notice.kind for notice in told] == ["connection.recovered"]
    assert not Told.objects.exists()


def test_a_task_that_is_done_asks_nothing(row, github):
    number = schedule.hurry(TaskKind.PROBE, row.pk)
    probes.probe(number)
    before = len(github.requests)
    probes.probe(number)
    assert len(github.requests) == before
