"""The choke point: who a token is, what is recorded, and what ends it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keyhole.accounts.models import User
from keyhole.accounts.services import local_caller
from keyhole.audit.explain import explain
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.core import token_text
from keyhole.core.decide import Reason
from keyhole.core.errors import BadCredentials
from keyhole.core.secret import Secret
from keyhole.tokens.authority import NoLongerValid, Refused, identify, judge, still_valid, unauthenticated
from keyhole.tokens.models import Token
from keyhole.tokens.services import revoke
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_token_is_who_it_was_generated_for():
    issued = issue()
    bearer = identify(issued.secret)
    assert bearer.token_id == issued.token.pk
    assert bearer.user_id == local_caller().user_id
    assert bearer.grant == issued.token.grant_value()


def spoilt(good):
    flipped = "A" if good[-1] != "A" else "B"
    return {
        "empty": "",
        "blank": " ",
        "one character flipped": good[:-1] + flipped,
        "truncated": good[:-1],
        "one more": good + "0",
        "line feed": good + "\n",
        "carriage return": good + "\r",
        "NUL": good + "\0",
        "blank before": " " + good,
        "blank after": good + " ",
        "upper case": good.upper(),
        "lower case": good.lower(),
        "full width": good.replace(good[5], chr(ord(good[5]) + 0xFEE0)),
        "prefix only": "khp_",
        "no prefix": good[4:],
        "other prefix": "ghp_" + good[4:],
        "twice": good + good,
        "percent": good + "%0a",
        "a megabyte": "k" * 1_000_000,
        "github": "ghp_" + "a" * 36,
        "jwt": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
        "sql": "khp_' OR '1'='1",
        "surrogate": "\ud800" * 53,
    }


@pytest.mark.parametrize("name", spoilt("khp_" + "0" * 49))
def test_a_malformed_token_ends_without_a_look_up(name):
    text = spoilt(issue().secret.reveal())[name]
    with (
        CaptureQueriesContext(connection) as queries,
        pytest.raises(BadCredentials, match=r"^Bad credentials$"),
    ):
        identify(Secret(text))
    assert len(queries) == 0


def make_unknown(issued):
    return token_text.mint()


def make_revoked(issued):
    revoke(local_caller(), issued.token.pk)
    return issued.secret


def make_expired(issued):
    Token.objects.filter(pk=issued.token.pk).update(expires_at=timezone.now())
    return issued.secret


def make_inactive(issued):
    User.objects.update(is_active=False)
    return issued.secret


def make_deleted(issued):
    issued.token.delete()
    return issued.secret


def rights(**changes):
    def make(issued):
        issued.token.grant = {**issued.token.grant, **changes}
        issued.token.save()
        return issued.secret

    return make


UNUSABLE = {
    "unknown": make_unknown,
    "revoked": make_revoked,
    "expired": make_expired,
    "user not active": make_inactive,
    "deleted": make_deleted,
    "a later version": rights(version=2),
    "an unknown field": rights(limit=1),
    "an unknown permission": rights(permissions={"everything": "write"}),
    "no permissions": rights(permissions=None),
    "no access": rights(access=""),
    "no owner": rights(owner={}),
    "emptied": rights(repository_ids=[]),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_used_is_told_apart_by_nobody(name):
    secret = UNUSABLE[name](issue())
    with pytest.raises(BadCredentials) as raised:
        identify(secret)
    assert (raised.value.message, raised.value.hint, raised.value.status) == ("Bad credentials", "", 401)


def test_an_allowed_request_is_on_record_and_counted_before_it_is_allowed():
    issued = issue()
    permit = judge(identify(issued.secret), fetch(), CIRCUMSTANCES)
    entry = Entry.objects.get(id=permit.id)
    assert (entry.outcome, entry.token_id) == ("allowed", issued.token.pk)
    token = Token.objects.get(pk=issued.token.pk)
    assert (token.requests, token.denials) == (1, 0)
    assert (token.last_used_address, token.last_used_agent) == ("192.0.2.7", "git/2.39")
    assert token.last_used_at == entry.at
    assert verify().ok


def test_a_denied_request_is_on_record_with_its_reason_and_is_no_use():
    issued = issue()
    with pytest.raises(Refused) as raised:
        judge(identify(issued.secret), fetch(8), CIRCUMSTANCES)
    assert (raised.value.status, raised.value.denied.reason) == (404, Reason.NOT_VISIBLE)
    entry = Entry.objects.get(id=raised.value.explain)
    assert entry.outcome == "denied"
    assert entry.subject["repository_ids"] == [8]
    token = Token.objects.get(pk=issued.token.pk)
    assert (token.requests, token.denials, token.last_used_at) == (0, 1, None)
    assert "acme/tool" in explain(raised.value.explain).text()


def test_a_hidden_and_an_absent_repository_are_refused_in_the_same_words():
    from dataclasses import replace

    bearer = identify(issue().secret)
    said = []
    for request in (fetch(8), replace(fetch(8), repositories=(None,))):
        with pytest.raises(Refused) as raised:
            judge(bearer, request, CIRCUMSTANCES)
        said.append((raised.value.status, raised.value.message, raised.value.hint, raised.value.denied))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", ["revoked", "expired", "user not active", "deleted"])
def test_a_token_that_ends_between_identifying_and_judging_is_refused_and_that_is_on_record(name):
    issued = issue()
    bearer = identify(issued.secret)
    UNUSABLE[name](issued)
    with pytest.raises(NoLongerValid, match=r"^Bad credentials$") as raised:
        judge(bearer, fetch(), CIRCUMSTANCES)
    entry = Entry.objects.get(id=raised.value.explain)
    assert (entry.outcome, entry.subject["status"]) == ("denied", 401)
    assert not still_valid(bearer.held)


def test_expiration_is_a_half_open_interval():
    token = issue().token
    end = token.expires_at
    assert token.state_at(end - timedelta(microseconds=1)) == "active"
    assert token.state_at(end) == "expired"


def test_an_expired_token_does_not_live_again_when_the_clock_goes_back(monkeypatch):
    issued = issue(expires_in_days=1)
    bearer = identify(issued.secret)
    now = timezone.now()
    monkeypatch.setattr("keyhole.audit.log.timezone.now", lambda: now + timedelta(days=2))
    unauthenticated(CIRCUMSTANCES, "something that is recorded later")
    monkeypatch.undo()
    with pytest.raises(NoLongerValid):
        judge(bearer, fetch(), CIRCUMSTANCES)


def test_refusals_of_one_address_are_recorded_up_to_a_number(monkeypatch):
    from keyhole.tokens import authority
    from keyhole.tokens.bounded import Bounded

    seconds = [0.0]
    monkeypatch.setattr(authority, "_bounded", Bounded(lambda: seconds[0]))
    ids = [unauthenticated(CIRCUMSTANCES, "Bad credentials") for _ in range(100)]
    assert len(set(ids)) == 100
    assert Entry.objects.count() == 60
    seconds[0] = 61.0
    unauthenticated(CIRCUMSTANCES, "Bad credentials")
    assert Entry.objects.order_by("-seq").first().subject["not_recorded_before"] == 40


def test_when_the_record_cannot_be_written_nothing_is_allowed(monkeypatch):
    from django.db import OperationalError

    from keyhole.core.errors import Unavailable

    issued = issue()
    bearer = identify(issued.secret)

    def full(*args, **kwargs):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(Entry.objects, "bulk_create", full)
    with pytest.raises(Unavailable):
        judge(bearer, fetch(), CIRCUMSTANCES)
    assert Token.objects.get(pk=issued.token.pk).requests == 0
