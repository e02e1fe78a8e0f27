"""Passkeys against an authenticator in software that does everything right, and then one thing wrong."""

from __future__ import annotations

import json

import pytest

from keyhole.accounts import passkeys
from keyhole.accounts.models import Passkey, User
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from tests import canaries
from tests.unit.accounts.kit import caller, person
from tests.unit.accounts.soft_authenticator import ORIGIN, SoftAuthenticator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _named(settings):
    settings.KEYHOLE_URL = ORIGIN


def plain(options):
    """As the browser gets it."""
    return json.loads(json.dumps(options))


def added(user, name="Laptop"):
    device = SoftAuthenticator()
    options, state = passkeys.begin_adding(caller(user))
    for code in passkeys.add(caller(user), name, state, device.create(plain(options))):
        canaries.watch("recovery code", code.reveal())
    return device


def test_a_passkey_is_added_and_proves_who_one_is():
    mia = person("mia")
    device = added(mia)
    assert mia.has_second_factor
    assert mia.recovery_codes.count() == 10
    options, state = passkeys.begin_proof(None)
    assert passkeys.prove(state, device.get(plain(options))) == mia
    assert Passkey.objects.get().last_used_at is not None


def test_only_the_first_factor_brings_recovery_codes():
    mia = person("mia")
    added(mia)
    before = set(mia.recovery_codes.values_list("pk", flat=True))
    added(mia, "Phone")
    assert set(mia.recovery_codes.values_list("pk", flat=True)) == before


WRONG = {
    "another origin": {"origin": "https://evil.example"},
    "another port": {"origin": "http://localhost:8471"},
    "another host's key": {"rp_id": "evil.example"},
    "person not verified": {"verified": False},
    "another challenge": {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_new_passkey_that_is_wrong_is_not_added(wrong):
    mia = person("mia")
    options, state = passkeys.begin_adding(caller(mia))
    with pytest.raises(InvalidInput):
        passkeys.add(caller(mia), "x", state, SoftAuthenticator().create(plain(options), **WRONG[wrong]))
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("wrong", [*WRONG, "another person's handle"])
def test_a_proof_that_is_wrong_is_nobody(wrong):
    device = added(person("mia"))
    options, state = passkeys.begin_proof(None)
    changes = WRONG.get(wrong, {"handle": b"keyhole:999"})
    with pytest.raises(PermissionDenied):
        passkeys.prove(state, device.get(plain(options), **changes))


def test_a_key_that_is_not_the_one_added_is_nobody():
    device = added(person("mia"))
    forged = SoftAuthenticator()
    forged.id, forged.handle = device.id, device.handle
    options, state = passkeys.begin_proof(None)
    with pytest.raises(PermissionDenied):
        passkeys.prove(state, forged.get(plain(options)))


def test_a_copied_authenticator_is_noticed_by_its_count():
    device = added(person("mia"))
    options, state = passkeys.begin_proof(None)
    passkeys.prove(state, device.get(plain(options)))
    device.count -= 1
    options, state = passkeys.begin_proof(None)
    with pytest.raises(PermissionDenied):
        passkeys.prove(state, device.get(plain(options)))


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", '{"id":1}', "x" * 20_000, "[" * 10_000, '{"id":"a","rawId":"a","response":{}}'],
    ids=range(8),
)
def test_nonsense_is_nobody_and_adds_nothing(answer):
    mia = person("mia")
    _, state = passkeys.begin_adding(caller(mia))
    with pytest.raises(InvalidInput):
        passkeys.add(caller(mia), "x", state, answer)
    with pytest.raises(PermissionDenied):
        passkeys.prove(state, answer)


def test_an_answer_without_a_question_is_nobody():
    mia = person("mia")
    device = added(mia)
    options, _ = passkeys.begin_proof(None)
    with pytest.raises(PermissionDenied):
        passkeys.prove(None, device.get(plain(options)))
    with pytest.raises(InvalidInput):
        passkeys.add(
            caller(mia), "x", None, SoftAuthenticator().create(plain(passkeys.begin_adding(caller(mia))[0]))
        )


def test_a_disabled_person_does_not_come_in():
    mia = person("mia")
    device = added(mia)
    User.objects.filter(pk=mia.pk).update(is_active=False)
    options, state = passkeys.begin_proof(None)
    with pytest.raises(PermissionDenied):
        passkeys.prove(state, device.get(plain(options)))


def test_one_passkey_belongs_to_one_person():
    mia, nina = person("mia"), person("nina")
    device = added(mia)
    options, state = passkeys.begin_adding(caller(nina))
    with pytest.raises(Conflict):
        passkeys.add(caller(nina), "mine now", state, device.create(plain(options)))


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb", "\u202eevil"])
def test_a_name_is_a_line(name):
    mia = person("mia")
    options, state = passkeys.begin_adding(caller(mia))
    with pytest.raises(InvalidInput):
        passkeys.add(caller(mia), name, state, SoftAuthenticator().create(plain(options)))


def test_only_ones_own_is_removed_and_the_codes_go_with_the_last():
    mia, nina = person("mia"), person("nina")
    added(mia)
    number = Passkey.objects.get().pk
    with pytest.raises(NotFound):
        passkeys.remove(caller(nina), number)
    passkeys.remove(caller(mia), number)
    assert not mia.has_second_factor
    assert not mia.recovery_codes.exists()


def test_there_is_a_most(monkeypatch):
    monkeypatch.setattr(passkeys, "MOST", 1)
    mia = person("mia")
    added(mia)
    with pytest.raises(Conflict):
        passkeys.begin_adding(caller(mia))


@pytest.mark.parametrize(
    ("url", "usable"),
    [
        ("http://localhost:8470", True),
        ("https://keyhole.example", True),
        ("http://keyhole.example", False),
        ("http://127.0.0.1:8470", False),
        ("https://[::1]:8470", False),
    ],
)
def test_passkeys_need_a_name_and_https(settings, url, usable):
    settings.KEYHOLE_URL = url
    assert (not passkeys.unusable()) is usable
    if not usable:
        with pytest.raises(Conflict):
            passkeys.begin_proof(None)
