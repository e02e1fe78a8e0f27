"""The first account, the operator of the machine, and who may do what."""

import re
import threading

import pytest
from django.db import connection
from django.test import Client

from keyhole.accounts.models import Owner, SetupCode, User
from keyhole.accounts.services import (
    create_first_user,
    local_caller,
    owner_for,
    require,
    setup_code_is_valid,
    setup_link,
)
from keyhole.audit.models import Entry
from keyhole.core.actions import ACTIONS, Role, may
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, PermissionDenied
from keyhole.core.request import OwnerKind
from keyhole.core.secret import Secret
from tests import canaries

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery staple"


def code():
    return Secret(canaries.watch("set-up code", setup_link().rpartition("/")[2]))


def test_a_code_is_stored_as_a_digest_and_works_once():
    first = code()
    row = SetupCode.objects.get()
    assert first.reveal().encode() not in bytes(row.digest)
    user = create_first_user(first, "alice@example.invalid", "alice", PASSWORD)
    assert (user.role, user.check_password(PASSWORD)) == (Role.OWNER, True)
    with pytest.raises(PermissionDenied):
        create_first_user(first, "mallory@example.invalid", "mallory", PASSWORD)
    assert setup_link() is None
    assert User.objects.count() == 1


def test_a_new_code_replaces_the_one_before():
    first, second = code(), code()
    assert not setup_code_is_valid(first)
    assert setup_code_is_valid(second)
    with pytest.raises(PermissionDenied):
        create_first_user(first, "alice@example.invalid", "alice", PASSWORD)


@pytest.mark.parametrize("text", ["", "x", "\ud800", "x" * 100_000, "' OR 1=1 --"], ids=range(5))
def test_a_wrong_code_makes_nobody(text):
    code()
    with pytest.raises(PermissionDenied):
        create_first_user(Secret(text), "alice@example.invalid", "alice", PASSWORD)
    assert User.objects.count() == 0


def test_of_many_with_one_code_one_becomes_the_owner():
    mine = code()
    won, lost = [], []

    def run(number):
        try:
            won.append(create_first_user(mine, f"p{number}@example.invalid", f"p{number}", PASSWORD))
        except PermissionDenied:
            lost.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(won), len(lost)) == (1, 5)
    assert User.objects.count() == 1


BAD = {
    "email": ("not an address", "alice", PASSWORD),
    "email empty": ("", "alice", PASSWORD),
    "login": ("alice@example.invalid", "-alice", PASSWORD),
    "login with a slash": ("alice@example.invalid", "a/b", PASSWORD),
    "password short": ("alice@example.invalid", "alice", "Xk3!a"),
    "password common": ("alice@example.invalid", "alice", "password123456"),
    "password empty": ("alice@example.invalid", "alice", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_in_the_form_does_not_use_up_the_code(name):
    mine = code()
    with pytest.raises(InvalidInput):
        create_first_user(mine, *BAD[name])
    assert setup_code_is_valid(mine)
    assert not Owner.objects.filter(login="alice").exists()


def test_a_taken_login_is_a_conflict():
    owner_for("Acme", OwnerKind.ORGANIZATION)
    with pytest.raises(Conflict):
        create_first_user(code(), "alice@example.invalid", "aCME", PASSWORD)


def test_passwords_are_argon2():
    user = create_first_user(code(), "alice@example.invalid", "alice", PASSWORD)
    assert re.match(r"argon2\$argon2id\$", user.password)


def test_the_operator_is_made_once_and_nobody_can_sign_in_as_it():
    first, second = local_caller(), local_caller()
    assert first == second
    assert first.via is Via.CLI
    assert not User.objects.get().has_usable_password()
    assert not Client().login(email="admin@localhost", password="")
    assert setup_link() is not None


def test_owners_differ_by_more_than_case():
    first = owner_for("Acme", OwnerKind.ORGANIZATION)
    assert owner_for("aCmE", OwnerKind.USER).pk == first.pk


def test_who_may_not_is_refused_on_record():
    owner = owner_for("eve", OwnerKind.USER)
    eve = User.objects.create(email="eve@example.invalid", owner=owner)
    caller = Caller(eve.pk, eve.email, Via.WEB, "192.0.2.9")
    assert require(caller, "token:create") == eve
    with pytest.raises(PermissionDenied):
        require(caller, "audit:read")
    entry = Entry.objects.get(action="audit:read")
    assert (entry.outcome, entry.actor["name"], entry.actor["address"]) == ("denied", eve.email, "192.0.2.9")


def test_what_is_not_in_the_table_nobody_may():
    assert not any(
        may(role, action) for role in Role for action in ("", "token", "token:*", "TOKEN:CREATE", "x:y")
    )
    with pytest.raises(PermissionDenied):
        require(local_caller(), "token:steal")


def test_every_action_has_a_role_and_an_owner_may_do_all():
    assert all(may(Role.OWNER, name) for name in ACTIONS)
    # One's own password and sessions are everybody's to change.
    assert not any(
        may(Role.AUDITOR, name)
        for name in set(ACTIONS) - {"account:change"}
        if name.endswith((":create", ":change", ":revoke_any"))
    )
