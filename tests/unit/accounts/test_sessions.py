"""Sessions: seen by their person, ended one by one or all together, and worthless to whoever copies the table."""

from __future__ import annotations

import pytest
from django.conf import settings

from keyhole.accounts import sessions
from keyhole.accounts.models import Session
from keyhole.accounts.session_store import SessionStore, stored_key
from keyhole.core.errors import NotFound
from tests import canaries
from tests.unit.accounts.kit import browser, caller, person

pytestmark = pytest.mark.django_db(transaction=True)


def key_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def seen(client, agent="Mozilla/5.0 Firefox/140.0"):
    assert client.get("/settings", HTTP_USER_AGENT=agent, REMOTE_ADDR="192.0.2.7").status_code == 200
    return client


def test_the_table_does_not_hold_what_the_cookie_holds():
    client = seen(browser(person("mia")))
    key = canaries.watch("session key", key_of(client))
    row = Session.objects.get()
    assert key not in f"{row.session_key} {row.session_data}"
    thief = browser()
    for value in (row.session_key, row.session_data):
        thief.cookies[settings.SESSION_COOKIE_NAME] = value
        assert thief.get("/settings").status_code == 302


def test_a_person_sees_their_own_browsers_this_one_first():
    mia = person("mia")
    here, there = seen(browser(mia), "curl/8"), seen(browser(mia))
    seen(browser(person("nina")))
    rows = sessions.list_sessions(caller(mia), key_of(there))
    assert [(row.current, row.address) for row in rows] == [(True, "192.0.2.7"), (False, "192.0.2.7")]
    assert rows[1].handle == stored_key(key_of(here))[:16]
    assert rows[1].agent == "curl/8"


def test_one_is_ended_and_the_others_go_on():
    mia = person("mia")
    here, there = seen(browser(mia)), seen(browser(mia))
    sessions.end_session(caller(mia), stored_key(key_of(there))[:16])
    assert there.get("/settings").status_code == 302
    assert here.get("/settings").status_code == 200


def test_all_others_are_ended():
    mia = person("mia")
    here, others, nina = (
        seen(browser(mia)),
        [seen(browser(mia)) for _ in range(3)],
        seen(browser(person("nina"))),
    )
    assert sessions.end_others(caller(mia), key_of(here)) == 3
    assert [client.get("/settings").status_code for client in (here, nina, *others)] == [
        200,
        200,
        302,
        302,
        302,
    ]


def test_somebody_elses_session_is_not_found():
    mia, nina = person("mia"), person("nina")
    hers = seen(browser(nina))
    for handle in (stored_key(key_of(hers))[:16], "", "0" * 16, stored_key(key_of(hers))):
        with pytest.raises(NotFound):
            sessions.end_session(caller(mia), handle)
    assert hers.get("/settings").status_code == 200


def test_sessions_from_before_a_new_password_are_not_shown():
    mia = person("mia")
    seen(browser(mia))
    mia.set_password("another harbour at night")
    mia.save()
    assert sessions.list_sessions(caller(mia), None) == []


def test_being_seen_is_not_written_at_every_request(django_assert_num_queries):
    client = seen(browser(person("mia")))
    before = Session.objects.values_list("seen_at", flat=True).get()
    seen(client)
    assert Session.objects.values_list("seen_at", flat=True).get() == before
    client.get("/settings", REMOTE_ADDR="198.51.100.9")
    assert Session.objects.get().address == "198.51.100.9"


def test_what_is_over_is_cleared():
    seen(browser(person("mia")))
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    SessionStore.clear_expired()
    assert not Session.objects.exists()
