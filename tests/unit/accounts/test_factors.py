"""Authenticator apps and recovery codes: a code is worth one sign-in, and nothing readable is stored."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection

from keyhole.accounts import factors, sealing
from keyhole.accounts.models import Authenticator, RecoveryCode
from keyhole.audit.models import Entry
from keyhole.core import totp
from keyhole.core.errors import Conflict, InvalidInput
from tests import canaries
from tests.unit.accounts.kit import caller, person

pytestmark = pytest.mark.django_db(transaction=True)
NOW = 1_800_000_015.0


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch):
    """A code that is right and one that is over differ by the period, which must not end in mid-test."""
    monkeypatch.setattr(time, "time", lambda: NOW)


def now_code(secret, periods=0):
    return totp.code(secret, int(time.time() // 30) + periods)


def with_app(user):
    secret = factors.new_app_secret()
    canaries.watch("app secret", totp.spelled(secret))
    codes = factors.add_app(caller(user), secret, now_code(secret))
    for code in codes:
        canaries.watch("recovery code", code.reveal())
    return secret, [code.reveal() for code in codes]


def test_an_app_is_set_up_only_with_a_code_of_it():
    mia = person("mia")
    with pytest.raises(InvalidInput):
        factors.add_app(caller(mia), factors.new_app_secret(), "000000")
    assert not mia.has_second_factor
    secret, codes = with_app(mia)
    assert (len(codes), mia.has_second_factor) == (10, True)
    with pytest.raises(Conflict):
        factors.add_app(caller(mia), secret, now_code(secret))


def test_the_code_that_set_it_up_is_used_up_and_the_next_one_works_once():
    mia = person("mia")
    secret, _ = with_app(mia)
    assert factors.code_is_right(mia, now_code(secret)) == ""
    assert factors.code_is_right(mia, now_code(secret, 1)) == "authenticator app"
    assert factors.code_is_right(mia, now_code(secret, 1)) == ""


def test_of_many_with_one_code_one_gets_in():
    mia = person("mia")
    secret, codes = with_app(mia)
    for given in (now_code(secret, 1), codes[0]):
        results = []

        def run(given=given, results=results):
            try:
                results.append(factors.code_is_right(mia, given))
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len([result for result in results if result]) == 1


def test_a_recovery_code_works_once_however_it_is_typed():
    mia = person("mia")
    _, codes = with_app(mia)
    assert factors.code_is_right(mia, f" {codes[0].upper().replace('-', ' ')} ") == "recovery code"
    assert factors.code_is_right(mia, codes[0]) == ""
    assert factors.codes_left(mia) == 9
    assert factors.code_is_right(person("nina"), codes[1]) == ""


def test_new_codes_replace_the_old():
    mia = person("mia")
    with pytest.raises(Conflict):
        factors.new_recovery_codes(caller(mia))
    _, codes = with_app(mia)
    fresh = factors.new_recovery_codes(caller(mia))
    assert factors.code_is_right(mia, codes[0]) == ""
    assert factors.code_is_right(mia, fresh[0].reveal()) == "recovery code"


def test_codes_go_with_the_last_factor():
    mia = person("mia")
    _, codes = with_app(mia)
    factors.remove_app(caller(mia))
    assert not mia.has_second_factor
    assert factors.code_is_right(mia, codes[0]) == ""
    assert not RecoveryCode.objects.exists()


def test_nothing_readable_is_stored_and_nothing_can_be_moved():
    mia, nina = person("mia"), person("nina")
    secret, codes = with_app(mia)
    app = Authenticator.objects.get()
    assert secret not in bytes(app.sealed)
    Authenticator.objects.create(user=nina, sealed=app.sealed, last_counter=0)
    assert factors.code_is_right(nina, now_code(secret, 1)) == "", "sealed for another person"
    for place in range(0, len(bytes(app.sealed)), 7):
        changed = bytearray(bytes(app.sealed))
        changed[place] ^= 1
        assert sealing.unseal(f"totp:{mia.pk}", bytes(changed)) is None
    assert sealing.unseal(f"totp:{mia.pk}", b"") is None
    stored = [bytes(row.digest) for row in RecoveryCode.objects.all()]
    assert not [code for code in codes for digest in stored if code.encode() in digest]


@pytest.mark.parametrize("given", ["", "x" * 10_000, "\ud800", "\x00", "123456", "aaaa-aaaa-aaaa-aaaa"])
def test_nonsense_is_no_code(given):
    mia = person("mia")
    with_app(mia)
    assert factors.code_is_right(mia, given) == ""
    assert factors.code_is_right(person("nina"), given) == ""


def test_changes_are_on_record():
    mia = person("mia")
    with_app(mia)
    factors.remove_app(caller(mia))
    told = [entry.subject["what"] for entry in Entry.objects.filter(action="account:factor").order_by("seq")]
    assert told == ["added", "removed"]
