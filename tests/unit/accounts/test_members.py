"""Roles and who is let in: only owners decide, and never so that nobody is left to decide."""

from __future__ import annotations

import pytest

from keyhole.accounts import members
from keyhole.accounts.models import User
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from tests.unit.accounts.kit import PASSWORD, browser, caller, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner():
    return person("olga", Role.OWNER)


def test_an_owner_changes_a_role_on_record(owner):
    mia = person("mia")
    assert members.change_role(caller(owner), mia.pk, Role.AUDITOR).role is Role.AUDITOR
    assert User.objects.get(pk=mia.pk).role is Role.AUDITOR
    entry = Entry.objects.get(action="member:change")
    assert (entry.subject["member"], entry.subject["role"], entry.subject["before"]) == (
        "mia",
        "auditor",
        "member",
    )


def test_the_role_one_has_is_no_change(owner):
    mia = person("mia")
    members.change_role(caller(owner), mia.pk, Role.MEMBER)
    assert not Entry.objects.filter(action="member:change").exists()


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.AUDITOR, Role.MEMBER])
def test_nobody_else_changes_anything(owner, role):
    other, mia = person("other", role), person("mia")
    for act in (
        lambda: members.change_role(caller(other), other.pk, Role.OWNER),
        lambda: members.change_role(caller(other), mia.pk, Role.OWNER),
        lambda: members.disable(caller(other), owner.pk),
        lambda: members.enable(caller(other), owner.pk),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert {user.login: user.role for user in User.objects.all()} == {
        "olga": Role.OWNER,
        "other": role,
        "mia": Role.MEMBER,
    }


def test_members_do_not_see_the_list(owner):
    with pytest.raises(PermissionDenied):
        members.list_members(caller(person("mia")))
    assert [user.login for user in members.list_members(caller(owner))] == ["mia", "olga"]


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.AUDITOR, Role.MEMBER])
def test_the_last_owner_stays_one(owner, role):
    person("command-line-only", Role.OWNER, password=None)
    out = person("out", Role.OWNER)
    members.disable(caller(owner), out.pk)
    with pytest.raises(Conflict, match="without an owner"):
        members.change_role(caller(owner), owner.pk, role)
    with pytest.raises(Conflict, match="without an owner"):
        members.disable(caller(owner), owner.pk)
    assert User.objects.get(pk=owner.pk).role is Role.OWNER


def test_one_of_two_owners_may_go(owner):
    second = person("second", Role.OWNER)
    members.change_role(caller(owner), owner.pk, Role.MEMBER)
    assert members.is_last_owner(second)
    with pytest.raises(PermissionDenied):
        members.change_role(caller(owner), second.pk, Role.MEMBER)


def test_a_disabled_person_is_signed_out_and_stays_so_once_enabled(owner):
    mia = person("mia")
    client = browser(mia)
    assert client.get("/settings").status_code == 200
    members.disable(caller(owner), mia.pk, "left the team")
    assert client.get("/settings").status_code == 302
    assert not browser().login(email=mia.email, password=PASSWORD)
    with pytest.raises(PermissionDenied):
        members.list_members(caller(mia))
    members.enable(caller(owner), mia.pk)
    assert client.get("/settings").status_code == 302, "the session from before is nobody's"
    assert browser().login(email=mia.email, password=PASSWORD)
    assert Entry.objects.filter(action="member:change", subject__why="left the team").exists()


def test_a_session_ends_with_the_role_that_it_began_with(owner):
    mia = person("mia", Role.MAINTAINER)
    client, idle = browser(mia), browser(mia)
    members.change_role(caller(owner), mia.pk, Role.MEMBER)
    assert client.get("/settings").status_code == 302
    members.change_role(caller(owner), mia.pk, Role.MAINTAINER)
    assert idle.get("/settings").status_code == 302, "the role is back, the session is not"


@pytest.mark.parametrize("number", [0, -1, 10**6, 2**63, 2**80])
def test_nobody_has_this_number(owner, number):
    with pytest.raises(NotFound):
        members.disable(caller(owner), number)


def test_people_are_found_by_login_and_address(owner):
    assert members.find_member(caller(owner), "OLGA") == owner
    assert members.find_member(caller(owner), "Olga@Example.Invalid") == owner
    with pytest.raises(NotFound):
        members.find_member(caller(owner), "nobody")


@pytest.mark.parametrize("reason", ["x" * 201, "a\nb", "a\x1b[31m", "\u202egnp"])
def test_a_reason_is_one_plain_line(owner, reason):
    with pytest.raises(InvalidInput):
        members.disable(caller(owner), person("mia").pk, reason)
