"""The members' pages for an owner, for those who may look, for a member and for a stranger."""

from __future__ import annotations

import re

import pytest

from keyhole.accounts.models import Invitation, User
from keyhole.core.actions import Role
from tests import canaries
from tests.unit.accounts.kit import browser, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people():
    return {role: person(role.value, role) for role in Role}


def addresses(people):
    mia = people[Role.MEMBER].pk
    return [
        ("GET", "/settings/members"),
        ("GET", f"/settings/members/{mia}"),
        ("GET", "/settings/members/invite"),
        ("POST", "/settings/members/invite"),
        ("POST", f"/settings/members/{mia}/role"),
        ("GET", f"/settings/members/{mia}/disable"),
        ("POST", f"/settings/members/{mia}/disable"),
        ("POST", f"/settings/members/{mia}/enable"),
        ("POST", "/settings/members/invitations/1/revoke"),
    ]


def test_a_member_is_denied_every_page_and_nothing_happens(people):
    client = browser(people[Role.MEMBER])
    for method, path in addresses(people):
        answer = client.generic(method, path, "role=owner", "application/x-www-form-urlencoded")
        assert answer.status_code == 403, path
    assert User.objects.get(pk=people[Role.MEMBER].pk).role is Role.MEMBER
    assert "settings/members" not in client.get("/settings").content.decode()


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.AUDITOR])
def test_who_may_look_is_offered_nothing_to_change(people, role):
    client = browser(people[role])
    text = client.get("/settings/members").content.decode()
    assert "member@example.invalid" in text
    assert "Invite" not in text
    page = client.get(f"/settings/members/{people[Role.MEMBER].pk}").content.decode()
    assert "Change role" not in page
    assert "Disable" not in page
    for method, path in addresses(people)[2:]:
        assert client.generic(method, path).status_code == 403, path


def test_a_stranger_is_sent_to_the_sign_in_page(people):
    for method, path in addresses(people):
        answer = browser().generic(method, path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/sign-in?")


def test_an_owner_invites_and_the_person_comes_in(people):
    client = browser(people[Role.OWNER])
    answer = client.post("/settings/members/invite", {"email": "nina@example.invalid", "role": "auditor"})
    link = re.search(r"http://\S+/invitation/([\w-]+)", answer.content.decode())
    canaries.watch("invitation", link[1])
    assert link[1] not in client.get("/settings/members").content.decode()

    nina = browser()
    answer = nina.get(f"/invitation/{link[1]}")
    assert answer["Location"] == "/invitation"
    assert "nina@example.invalid" in nina.get("/invitation").content.decode()
    form = {"login": "nina", "password": "a quiet harbour at night", "again": "a quiet harbour at night"}
    wrong = nina.post("/invitation", {**form, "again": "another one"})
    assert (wrong.status_code, "not the same" in wrong.content.decode()) == (422, True)
    assert nina.post("/invitation", form)["Location"] == "/"
    assert nina.get("/settings/members").status_code == 200
    assert User.objects.get(email="nina@example.invalid").role is Role.AUDITOR
    assert browser().get(f"/invitation/{link[1]}").status_code == 403


@pytest.mark.parametrize("path", ["/invitation", "/invitation/not-the-code"])
def test_a_guess_learns_nothing(path):
    answer = browser().get(path)
    assert (answer.status_code, "This invitation is not valid" in answer.content.decode()) == (403, True)
    assert browser().post("/invitation", {"login": "x"}).status_code == 403


def test_mistakes_stand_beside_their_field(people):
    client = browser(people[Role.OWNER])
    for form, words in (
        ({"email": "nothing", "role": "member"}, "not an email address"),
        ({"email": "a@example.invalid", "role": "king"}, "Choose a role"),
        ({"email": "member@example.invalid", "role": "member"}, "of a member"),
    ):
        answer = client.post("/settings/members/invite", form)
        assert words in answer.content.decode()
        assert answer.status_code in (409, 422)
    assert not Invitation.objects.exists()


def test_an_owner_changes_disables_enables(people):
    client, mia = browser(people[Role.OWNER]), people[Role.MEMBER]
    client.post(f"/settings/members/{mia.pk}/role", {"role": "maintainer"})
    assert User.objects.get(pk=mia.pk).role is Role.MAINTAINER
    assert "What will stop at once" in client.get(f"/settings/members/{mia.pk}/disable").content.decode()
    client.post(f"/settings/members/{mia.pk}/disable", {"reason": "left"})
    assert "Disabled" in client.get("/settings/members").content.decode()
    client.post(f"/settings/members/{mia.pk}/enable")
    assert User.objects.get(pk=mia.pk).is_active


def test_the_last_owner_is_told_why_not(people):
    client, owner = browser(people[Role.OWNER]), people[Role.OWNER]
    assert "only owner who can sign in" in client.get(f"/settings/members/{owner.pk}").content.decode()
    for path, form in (("role", {"role": "member"}), ("disable", {})):
        answer = client.post(f"/settings/members/{owner.pk}/{path}", form)
        assert (answer.status_code, "without an owner" in answer.content.decode()) == (409, True)
    assert User.objects.get(pk=owner.pk).role is Role.OWNER


def test_who_gives_away_ownership_is_not_shown_what_they_may_not_see(people):
    person("second", Role.OWNER)
    client, owner = browser(people[Role.OWNER]), people[Role.OWNER]
    answer = client.post(f"/settings/members/{owner.pk}/role", {"role": "member"})
    assert answer["Location"] == "/settings"
