"""The server fetches advisories by itself once somebody asked, one time after the other, and says how that goes."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.advisories import store
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.errors import Conflict, InvalidInput, PermissionDenied, Unavailable
from keyhole.inventory import refreshing, upkeep
from keyhole.inventory.models import Refresh
from keyhole.jobs import Interrupted
from keyhole.scanners.dependencies.versions import orders
from tests.unit.accounts.kit import browser, caller, person
from tests.unit.advisories.source import serving
from tests.unit.scanners.dependencies.advisories import record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


@pytest.fixture
def server(settings, tmp_path):
    settings.KEYHOLE_DATA = tmp_path / "data"
    settings.KEYHOLE_DATA.mkdir()
    with serving() as (source, address):
        settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
        settings.KEYHOLE_ADVISORIES_URL = address
        settings.KEYHOLE_EPSS_URL = settings.KEYHOLE_KEV_URL = ""
        source.publish("PyPI", record("A", modified="2026-01-01T00:00:00Z"))
        yield source


def by_command():
    store.sync(["PyPI"], lambda _name, _number: None)


def everything(server):
    for number, name in enumerate(orders()):
        server.publish(name, record(f"A{number}", ecosystem=name))


def state():
    return upkeep.state(local_caller())


def work():
    """What a worker does when it looks around."""
    done = list(refreshing._due())
    for row in done:
        refreshing.refresh_advisories(row)
    return len(done)


def is_due():
    Refresh.objects.filter(open=True).update(due_at=timezone.now())


def minutes_left():
    return round((state().next_at - timezone.now()) / timedelta(minutes=1))


def test_nothing_is_fetched_before_somebody_asked(server):
    assert work() == 0
    assert (state().on, state().next_at, server.asked) == (False, None, [])


def test_what_a_command_fetched_is_kept_fresh_and_nothing_else(server):
    by_command()
    assert state().on
    assert minutes_left() == 24 * 60
    assert work() == 0
    server.publish("npm", record("N", ecosystem="npm"))
    server.took()
    is_due()
    assert work() == 1
    assert server.took() == ["/PyPI/modified_id.csv"]
    assert [row.advisories for row in Refresh.objects.all()] == [None, 1]
    assert minutes_left() == 24 * 60
    assert state().fetched_at > datetime.now(UTC) - timedelta(minutes=5)
    assert Entry.objects.get(action="advisories:refresh").subject["advisories"] == 1


def test_files_that_were_taken_in_set_nothing_going(server, settings, tmp_path):
    (tmp_path / "all.zip").write_bytes(server.files["/PyPI/all.zip"])
    store.take_in([tmp_path / "all.zip"], lambda _name, _number: None)
    assert store.holding().at
    assert work() == 0
    assert not state().on
    by_command()
    assert state().on


def test_failures_are_told_and_tried_again_later_and_later(server, monkeypatch):
    told = []
    monkeypatch.setattr(upkeep, "publish", lambda _caller, event: told.append((state().failures, event)))
    by_command()
    published, server.files = server.files, {}
    pauses = []
    assert work() == 0
    for _ in range(9):
        is_due()
        assert work() == 1
        pauses.append(minutes_left())
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 1440]
    assert state().failures == 9
    ((failures, event),) = told
    assert (failures, event.kind) == (upkeep.TELL_AFTER, "advisories.failed")
    assert "is not there" in event.text
    assert "is not there" in state().problem
    assert state().fetched_at is None
    assert "is not there" in Entry.objects.filter(action="advisories:refresh").first().subject["problem"]
    page = browser(person("olga", Role.OWNER)).get("/settings/advisories").content.decode()
    assert "The last attempt failed" in page
    assert "9 attempts failed" in page
    server.files = published
    is_due()
    work()
    assert (state().failures, state().failed_at, state().problem) == (0, None, "")
    assert minutes_left() == 24 * 60


def test_what_went_wrong_tells_no_signature_of_an_address(server, settings):
    by_command()
    settings.KEYHOLE_KEV_URL = f"{settings.KEYHOLE_ADVISORIES_URL}/kev.json?signature=planted-71"
    assert work() == 0
    is_due()
    work()
    assert "/kev.json is not there" in state().problem
    assert "planted-71" not in str([*Entry.objects.values(), *Refresh.objects.values()])


def test_switched_off_it_stays_off_whatever_a_command_fetches(server):
    everything(server)
    upkeep.keep(local_caller(), on=True, hours=2)
    assert minutes_left() == 0
    assert work() == 1
    assert minutes_left() == 120
    (waiting,) = Refresh.objects.filter(open=True)
    upkeep.keep(local_caller(), on=False)
    by_command()
    server.took()
    refreshing.refresh_advisories(waiting.pk)
    assert work() == 0
    assert (state().on, state().next_at, server.asked) == (False, None, [])
    upkeep.keep(local_caller(), on=True, hours=3)
    assert minutes_left() == 180
    for hours in (0, -1, 10_000):
        with pytest.raises(InvalidInput, match="hour"):
            upkeep.keep(local_caller(), on=True, hours=hours)


def test_once_now_also_where_it_is_off(server):
    everything(server)
    upkeep.fetch_now(local_caller())
    upkeep.fetch_now(local_caller())
    assert Refresh.objects.count() == 1
    upkeep.keep(local_caller(), on=False)
    assert work() == 1
    assert state().fetched_at
    assert state().next_at is None
    upkeep.keep(local_caller(), on=True)
    upkeep.fetch_now(local_caller())
    assert minutes_left() == 0


@pytest.mark.parametrize("published", [True, False])
def test_once_now_switches_nothing_on(server, published):
    if published:
        everything(server)
    upkeep.fetch_now(local_caller())
    assert work() == 1
    assert (state().fetched_at is not None, state().failures) == (published, 0 if published else 1)
    assert (state().on, state().next_at, store.holding().asked) == (False, None, ())
    upkeep.keep(local_caller(), on=True)
    is_due()
    work()
    assert bool(store.holding().asked)


def test_a_command_switches_it_on_once_it_fetched_any_and_the_rest_is_tried_again(server):
    with pytest.raises(Unavailable):
        store.sync(["npm"], lambda _name, _number: None)
    assert not state().on
    with pytest.raises(Unavailable):
        store.sync(["npm", "PyPI"], lambda _name, _number: None)
    assert (state().on, store.holding().asked) == (True, ("PyPI", "npm"))
    server.publish("npm", record("N", ecosystem="npm"))
    upkeep.fetch_now(local_caller())
    assert work() == 1
    assert {each.ecosystem for each in store.holding().ecosystems} == {"PyPI", "npm"}


def test_once_now_is_not_lost_to_a_process_that_plans_at_the_same_time(server, monkeypatch):
    bring = upkeep._bring

    def late(at, *, asked=False):
        bring(at + timedelta(hours=5))
        return bring(at, asked=asked)

    monkeypatch.setattr(upkeep, "_bring", late)
    upkeep.fetch_now(local_caller())
    (row,) = Refresh.objects.all()
    assert row.asked
    assert row.due_at <= timezone.now()


def test_switched_off_as_a_worker_begins(server, monkeypatch):
    by_command()
    server.took()
    assert work() == 0
    is_due()
    live = upkeep.live

    def switched_off_after(refresh):
        was = live(refresh)
        upkeep.keep(local_caller(), on=False)
        return was

    monkeypatch.setattr(upkeep, "live", switched_off_after)
    assert work() == 1
    assert server.took() == []


def test_one_at_a_time(server, monkeypatch):
    by_command()
    monkeypatch.setattr(refreshing, "_only_one", store._alone)  # holds what a second process would
    assert work() == 0
    is_due()
    work()
    assert (state().failures, minutes_left()) == (0, 10)
    assert "another process" in Refresh.objects.filter(open=False).first().outcome
    assert upkeep._bring(timezone.now()) is None
    with store._alone(), pytest.raises(Conflict):
        by_command()


def test_a_session_that_is_cut_hides_no_result(server, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("there is no session to cut")
    by_command()
    assert work() == 0
    is_due()
    sync = store.sync

    def cut_off(*args, **named):
        count = sync(*args, **named)
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return count

    monkeypatch.setattr(store, "sync", cut_off)
    assert work() == 1
    assert (state().failures, minutes_left()) == (0, 24 * 60)
    assert state().fetched_at
    monkeypatch.undo()
    is_due()
    assert work() == 1


def test_a_worker_that_is_stopped_in_the_middle_leaves_it_to_the_next(server, monkeypatch):
    by_command()
    work()
    is_due()
    monkeypatch.setattr(refreshing.engine, "stopping", lambda: True)
    with pytest.raises(Interrupted):
        work()
    assert state().running
    monkeypatch.undo()
    upkeep.keep(local_caller(), on=True)
    assert work() == 1
    assert not state().running
    assert state().failures == 0


def test_pages_for_every_role(server):
    everything(server)
    address = "/settings/advisories"
    assert browser().get(address).status_code == 302
    member, owner = browser(person("mia")), browser(person("olga", Role.OWNER))
    assert "There is nothing yet" in member.get(address).content.decode()
    assert member.post(f"{address}/keep", {"keep": "on", "hours": "6"}).status_code == 403
    assert member.post(f"{address}/fetch").status_code == 403
    with pytest.raises(PermissionDenied):
        upkeep.keep(caller(person("max")), on=True)
    assert owner.post(f"{address}/keep", {"keep": "on", "hours": "0"}).status_code == 422
    assert owner.post(f"{address}/keep", {"keep": "on", "hours": "6"}).status_code == 302
    assert owner.post(f"{address}/fetch").status_code == 302
    assert work() == 1
    page = member.get(address).content.decode()
    assert "Yes, every 6 hours" in page
    assert "PyPI" in page
    assert "Switch off" not in page
    assert owner.post(f"{address}/keep", {"keep": "off"}).status_code == 302
    assert not state().on
    changed = Entry.objects.filter(action="advisories:change", outcome="allowed")
    assert [each.subject["fetched"] for each in changed.order_by("seq")] == [True, False]
