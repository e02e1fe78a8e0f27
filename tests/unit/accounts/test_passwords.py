"""Passwords: confirmed, changed and reset, with every session from before gone."""

from __future__ import annotations

import pytest
from django.utils import timezone

from keyhole.accounts import factors, members, passwords
from keyhole.accounts.models import ResetCode, User
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.secret import Secret
from tests import canaries
from tests.unit.accounts.kit import PASSWORD, browser, caller, person
from tests.unit.accounts.test_factors import with_app

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "a quiet harbour at night"


@pytest.fixture
def owner():
    return person("olga", Role.OWNER)


def link(owner, user, **options):
    made = passwords.reset_link(caller(owner), user.pk, **options).reveal().rpartition("/reset/")[2]
    return Secret(canaries.watch("reset code", made))


def test_confirming_takes_the_password():
    mia = person("mia")
    assert passwords.confirm(caller(mia), PASSWORD) == mia
    with pytest.raises(InvalidInput, match="not your password"):
        passwords.confirm(caller(mia), "wrong")
    assert Entry.objects.filter(action="account:confirm", outcome="denied").count() == 1


def test_a_weak_password_changes_nothing():
    mia = person("mia")
    for weak in ("short", "password123456", ""):
        with pytest.raises(InvalidInput):
            passwords.change(caller(mia), weak)
    assert User.objects.get(pk=mia.pk).check_password(PASSWORD)


def test_a_reset_link_works_once_and_ends_every_session(owner):
    mia = person("mia")
    client, code = browser(mia), link(owner, mia)
    assert passwords.reset(code, NEW) == mia
    assert User.objects.get(pk=mia.pk).check_password(NEW)
    assert client.get("/settings").status_code == 302
    with pytest.raises(PermissionDenied):
        passwords.reset(code, "yet another harbour")


def test_second_factors_stay_unless_they_are_dropped(owner):
    mia = person("mia")
    with_app(mia)
    mia.identities.create(issuer="https://login.example", subject="p-1")
    passwords.reset(link(owner, mia), NEW)
    assert mia.has_second_factor
    assert mia.identities.exists()
    passwords.reset(link(owner, mia, drop_factors=True), NEW)
    assert (mia.has_second_factor, factors.codes_left(mia), mia.identities.exists()) == (False, 0, False)


def test_it_ends(owner):
    mia = person("mia")
    first = link(owner, mia)
    second = link(owner, mia)
    assert passwords.reset_code_for(first) is None, "only the newest works"
    ResetCode.objects.update(expires_at=timezone.now())
    assert passwords.reset_code_for(second) is None
    third = link(owner, mia)
    User.objects.filter(pk=mia.pk).update(is_active=False)
    assert passwords.reset_code_for(third) is None


@pytest.mark.parametrize("role", [Role.MAINTAINER, None])
def test_it_ends_with_the_owner_s_right_to_make_one(owner, role):
    second = person("second", Role.OWNER)
    code = link(owner, second, drop_factors=True)
    if role is None:
        members.disable(caller(second), owner.pk)
    else:
        members.change_role(caller(second), owner.pk, role)
    with pytest.raises(PermissionDenied):
        passwords.reset(code, NEW)
    assert User.objects.get(pk=second.pk).check_password(PASSWORD)


def test_it_stays_when_somebody_else_loses_a_role(owner):
    mia, mara = person("mia"), person("mara", Role.MAINTAINER)
    code = link(owner, mia)
    members.change_role(caller(owner), mara.pk, Role.MEMBER)
    members.disable(caller(owner), mara.pk)
    assert passwords.reset(code, NEW) == mia


def test_it_ends_with_a_password_that_the_person_chooses_meanwhile(owner):
    mia = person("mia")
    code = link(owner, mia)
    passwords.change(caller(mia), NEW)
    assert passwords.reset_code_for(code) is None


def test_of_two_at_the_same_moment_one_resets(owner, monkeypatch):
    mia = person("mia")
    code = link(owner, mia)
    seen = passwords.reset_code_for(code)
    passwords.reset(code, NEW)
    monkeypatch.setattr(passwords, "reset_code_for", lambda _: seen)
    with pytest.raises(PermissionDenied):
        passwords.reset(code, "yet another harbour")
    assert User.objects.get(pk=mia.pk).check_password(NEW)


def test_a_mistake_does_not_use_it_up(owner):
    code = link(owner, person("mia"))
    with pytest.raises(InvalidInput):
        passwords.reset(code, "short")
    assert passwords.reset_code_for(code) is not None


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.AUDITOR, Role.MEMBER])
def test_only_owners_make_reset_links(owner, role):
    with pytest.raises(PermissionDenied):
        passwords.reset_link(caller(person("other", role)), owner.pk)


def test_nobody_and_disabled_people_get_none(owner):
    with pytest.raises(NotFound):
        passwords.reset_link(caller(owner), 10**6)
    mia = person("mia")
    User.objects.filter(pk=mia.pk).update(is_active=False)
    with pytest.raises(Conflict):
        passwords.reset_link(caller(owner), mia.pk)
