"""Generating, listing and revoking tokens."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from keyhole.accounts.models import Owner, User
from keyhole.accounts.services import local_caller
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.core import token_text
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied, Unavailable
from keyhole.core.grant import Access
from keyhole.core.permissions import Level
from keyhole.tokens.models import Token
from keyhole.tokens.services import get, list_tokens, revoke
from tests.unit.tokens.kit import issue

pytestmark = pytest.mark.django_db(transaction=True)


def member(login):
    owner = Owner.objects.create(login=login, login_folded=login, kind="User")
    user = User.objects.create(email=f"{login}@example.invalid", owner=owner)
    return Caller(user.pk, user.email, Via.WEB)


def test_only_the_digest_is_stored():
    issued = issue()
    assert token_text.is_well_formed(issued.secret.reveal())
    row = Token.objects.filter(pk=issued.token.pk).values().get()
    assert bytes(row["digest"]) == token_text.hash_of(issued.secret)
    assert issued.secret.reveal() not in repr(row)
    assert issued.secret.reveal() not in repr(issued)


def test_generating_is_on_record():
    issued = issue()
    entry = Entry.objects.get(action="token:create")
    assert entry.subject["subject_token_id"] == issued.token.pk
    assert entry.actor["via"] == "cli"


def test_the_default_is_thirty_days():
    token = issue().token
    assert token.expires_at - token.created_at == timedelta(days=30)


@pytest.mark.parametrize("days", [1, 7, 30, 60, 90, 365, 366])
def test_whole_days_up_to_the_maximum(days):
    token = issue(expires_in_days=days).token
    assert token.expires_at - token.created_at == timedelta(days=days)


@pytest.mark.parametrize("days", [0, -1, 367, 36500, 2**63, 1.5, 30.0, True, "30", float("nan")])
def test_absurd_expirations_are_refused(days):
    with pytest.raises(InvalidInput) as raised:
        issue(expires_in_days=days)
    assert raised.value.field == "expiration"
    assert Token.objects.count() == 0


def test_no_expiration_is_for_those_who_set_no_maximum(settings):
    with pytest.raises(InvalidInput, match="366"):
        issue(expires_in_days=None)
    settings.KEYHOLE_MAX_TOKEN_DAYS = 0
    assert issue(expires_in_days=None).token.expires_at is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\n",
        "x" * 41,
        "x" * 10_000_000,
        "a\x00b",
        "a\x1b[31m",
        "a\u202eb",
        "a\u200bb",
        "a\nb",
        "\ud800",
        "a\u2028b",
        "a\ufeffb",
    ],
    ids=range(13),
)
def test_names_that_do_not_show_as_they_are_are_refused(name):
    with pytest.raises(InvalidInput) as raised:
        issue(name=name)
    assert raised.value.field == "name"
    assert len(raised.value.message) < 200


@pytest.mark.parametrize(
    "name", ["x" * 40, "</script><b>", "=cmd|'/c calc'!A1", "日本語", "CI — deploys", "  kept short  "]
)
def test_names_that_show_are_kept_as_they_are(name):
    assert issue(name=name).token.name == name.strip()


def test_a_description_has_lines_and_an_end():
    assert issue(description="one\r\ntwo").token.description == "one\ntwo"
    with pytest.raises(InvalidInput) as raised:
        issue(description="x" * 1025)
    assert raised.value.field == "description"


def test_two_spellings_of_one_name_are_one_name():
    issue(name="caf\u00e9")
    with pytest.raises(Conflict):
        issue(name="cafe\u0301")


def test_a_name_is_free_again_after_revocation():
    issued = issue(name="ci")
    with pytest.raises(Conflict):
        issue(name="ci")
    revoke(local_caller(), issued.token.pk)
    issue(name="ci")
    assert len(list_tokens(local_caller())) == 1
    assert len(list_tokens(local_caller(), include_revoked=True)) == 2


def test_of_many_at_once_with_one_name_one_wins():
    local_caller()
    issue()
    won, lost = [], []

    def run():
        try:
            won.append(issue(name="the one"))
        except Conflict:
            lost.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(won), len(lost)) == (1, 7)
    assert verify().ok


WRONG = {
    "unknown permission": {"permissions": {"everything": Level.READ}},
    "a level that does not exist": {"permissions": {"workflows": Level.READ}},
    "selected without a selection": {"repository_ids": frozenset()},
    "a selection that is not selected": {"access": Access.ALL},
    "repository permission on public": {"access": Access.PUBLIC, "repository_ids": frozenset()},
}


@pytest.mark.parametrize("name", WRONG)
def test_rights_that_make_no_sense_are_refused_and_leave_nothing(name):
    with pytest.raises(InvalidInput):
        issue(**WRONG[name])
    assert Token.objects.count() == 0
    assert not Entry.objects.filter(action="token:create").exists()


@pytest.mark.parametrize("login", ["nobody", "", "ACME\x00", "x" * 100_000])
def test_an_owner_that_does_not_exist_is_refused(login):
    issue()
    with pytest.raises((InvalidInput, NotFound)):
        issue(owner_login=login)


def test_another_persons_token_does_not_exist():
    issued = issue()
    stranger = member("mallory")
    for attempt in (
        lambda: get(stranger, issued.token.pk),
        lambda: revoke(stranger, issued.token.pk),
        lambda: get(stranger, 10**6),
        lambda: get(stranger, -1),
        lambda: get(stranger, 2**70),
    ):
        with pytest.raises(NotFound) as raised:
            attempt()
        assert raised.value.message == "There is no such token."
    assert list_tokens(stranger) == []
    assert Token.objects.get(pk=issued.token.pk).revoked_at is None


def test_nobody_a_disabled_account_and_a_token_may_do_nothing():
    person = member("former")
    User.objects.filter(pk=person.user_id).update(is_active=False)
    admin = local_caller()
    for caller in (
        Caller(None, "nobody", Via.WEB),
        Caller(10**6, "ghost", Via.WEB),
        person,
        Caller(admin.user_id, "a token", Via.TOKEN),
    ):
        with pytest.raises(PermissionDenied):
            list_tokens(caller)
    assert Entry.objects.filter(outcome="denied").count() == 4


def test_a_member_generates_for_nobody_else():
    issue()
    with pytest.raises(PermissionDenied):
        from keyhole.tokens.services import TokenSpec, generate

        generate(member("eve"), TokenSpec("x", "acme", Access.ALL))


def test_revoking_twice_is_revoking_once():
    issued = issue()
    first = revoke(local_caller(), issued.token.pk, "leaked")
    second = revoke(local_caller(), issued.token.pk, "again")
    assert (second.revoked_at, second.revoked_reason) == (first.revoked_at, "leaked")
    assert Entry.objects.filter(action="token:revoke").count() == 1


def test_no_token_is_generated_while_the_clock_is_back(monkeypatch):
    from django.utils import timezone

    issue()
    now = timezone.now()
    monkeypatch.setattr("keyhole.audit.log.timezone.now", lambda: now - timedelta(hours=1))
    with pytest.raises(Unavailable, match="clock"):
        issue()
    monkeypatch.setattr("keyhole.audit.log.timezone.now", lambda: now - timedelta(seconds=30))
    issue()


def test_revoking_that_cannot_be_recorded_does_not_happen(monkeypatch):
    from django.db import OperationalError

    issued = issue()

    def full(*args, **kwargs):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(Entry.objects, "bulk_create", full)
    with pytest.raises(Unavailable):
        revoke(local_caller(), issued.token.pk)
    monkeypatch.undo()
    assert Token.objects.get(pk=issued.token.pk).revoked_at is None
