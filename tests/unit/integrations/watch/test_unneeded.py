"""What is granted and not used is said once, and again only when there is more of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.connections.models import Connection
from keyhole.connections.usage import note_use
from keyhole.core.permissions import Level
from keyhole.integrations.models import Task, TaskKind
from keyhole.integrations.watch import schedule, unneeded
from keyhole.jobs.registry import registered
from keyhole.notifications.events import EVENTS
from keyhole.tokens.models import Seen, SeenKind, Token
from tests.unit.connections.test_services import spec
from tests.unit.integrations.test_holdings import harbour, issue  # noqa: F401  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def told(monkeypatch):
    said = []
    monkeypatch.setattr(unneeded, "tell", lambda caller, event: said.append(event))
    return said


def tell():
    return unneeded.tell_all(unneeded.watcher())


def saw(token, *things):
    for kind, what in things:
        Seen.objects.filter(token=token, kind=kind, what=what).delete()
        moment = timezone.now()
        Seen.objects.create(token=token, kind=kind, what=what, first_at=moment, last_at=moment)


def grow(days=31):
    Token.objects.update(created_at=timezone.now() - timedelta(days=days))


def test_a_token_is_spoken_of_once_and_again_when_more_is_unused(harbour, told):  # noqa: F811
    token = issue(local_caller(), "Bot", *harbour, contents="write", issues="write")
    assert tell() == 0
    grow()
    saw(token, (SeenKind.OPERATION, "git/fetch"), (SeenKind.PERMISSION, "contents:write"))
    saw(token, *((SeenKind.REPOSITORY, str(each.pk)) for each in harbour))
    assert [tell(), tell()] == [1, 0]
    assert (told[0].kind, told[0].facts["Not used"]) == ("token.unused", "Issues: write")
    Seen.objects.filter(what="contents:write").update(last_at=timezone.now() - timedelta(days=31))
    assert [tell(), tell()] == [1, 0]
    assert told[1].facts["Not used"] == "Contents: write, Issues: write"
    saw(token, (SeenKind.PERMISSION, "issues:write"))
    assert tell() == 0


def test_a_token_that_did_nothing_is_spoken_of_in_one_word(harbour, told):  # noqa: F811
    issue(local_caller(), "Bot", *harbour, contents="read")
    grow()
    assert [tell(), tell()] == [1, 0]
    assert "Nothing was done with the token Bot" in told[0].title


def test_a_connection_is_spoken_of_once(told):
    row = connections.connect(
        local_caller(),
        spec(kind="app", app_id=1, installation_id=2, report={"permissions": {"contents": "write"}}),
    )
    assert tell() == 0
    Connection.objects.update(created_at=timezone.now() - timedelta(days=31))
    note_use(row, {"contents": Level.READ})
    assert [tell(), tell()] == [1, 0]
    assert (told[0].kind, told[0].url) == ("connection.drift", f"/connections/{row.pk}")
    assert told[0].facts["Not used"] == "contents: write"
    connections.pause(local_caller(), row.pk)
    assert tell() == 0


def test_the_task_runs_daily_and_its_kinds_are_declared(told):
    number = schedule.hurry(TaskKind.UNUSED, 0)
    unneeded.tell_due(number)
    unneeded.tell_due(number)
    assert Task.objects.get(pk=number).outcome == "0 notices sent."
    assert Task.objects.filter(kind=TaskKind.UNUSED, done_at=None).count() == 1
    assert {kind.value for kind in TaskKind} <= {each.kind for each in registered()}
    assert {"token.unused", "connection.drift"} <= set(EVENTS)
