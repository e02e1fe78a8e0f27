"""The policy page: owners change it, staff read it, members and strangers do not get there."""

from __future__ import annotations

import pytest

from keyhole.accounts.services import roles_with_second_factor
from keyhole.audit.models import Entry
from keyhole.core.actions import Role
from tests.unit.accounts.kit import browser, person

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_owner_chooses_the_roles_on_record():
    client = browser(person("olga", Role.OWNER))
    client.post("/settings/policy/sign-in", {"role": ["maintainer", "auditor", "king"]})
    assert roles_with_second_factor() == {Role.MAINTAINER, Role.AUDITOR}
    assert (
        client.get("/settings/policy").content.decode().count(" checked>") == 3
    )  # two roles, and no approval
    entry = Entry.objects.get(action="policy:change")
    assert (entry.subject["second_factor"], entry.subject["before"]) == (["auditor", "maintainer"], [])


@pytest.mark.parametrize(
    ("role", "status"), [(Role.MAINTAINER, 200), (Role.AUDITOR, 200), (Role.MEMBER, 403)]
)
def test_nobody_else_changes_it(role, status):
    client = browser(person("other", role))
    answer = client.get("/settings/policy")
    assert answer.status_code == status
    assert "Save" not in answer.content.decode()
    assert client.post("/settings/policy/sign-in", {"role": "member"}).status_code == 403
    assert roles_with_second_factor() == frozenset()


def test_a_stranger_is_sent_to_the_sign_in_page():
    assert browser().get("/settings/policy")["Location"].startswith("/sign-in?")
    assert browser().post("/settings/policy/sign-in")["Location"].startswith("/sign-in?")


@pytest.mark.parametrize("stored", [["king"], "owner", 7, [None]])
def test_a_stored_policy_that_is_not_understood_asks_everybody(stored):
    from keyhole.accounts.models import SignInPolicy

    SignInPolicy.objects.create(second_factor_roles=stored)
    assert roles_with_second_factor() == frozenset(Role)


def test_an_owner_sets_what_tokens_must_keep_to():
    from keyhole.accounts.services import owner_for
    from keyhole.core.request import OwnerKind
    from keyhole.tokens.policy import Approval, Terms, terms_for

    acme = owner_for("acme", OwnerKind.ORGANIZATION)
    client = browser(person("olga", Role.OWNER))
    form = {
        "owner": "acme",
        "max_days": "30",
        "approval": "writing",
        "ceilings": "contents=read\r\nadministration=none",
    }
    answer = client.post("/settings/policy/tokens", form)
    assert answer["Location"] == "/settings/policy?owner=acme"
    assert terms_for(acme.pk) == Terms(30, Approval.WRITING, {"administration": "none", "contents": "read"})
    page = client.get("/settings/policy?owner=acme").content.decode()
    assert "administration=none\ncontents=read" in page
    for wrong, words in (
        ({"max_days": "x"}, "number of days"),
        ({"ceilings": "contents"}, "not a level"),
        ({"ceilings": "nothing=read"}, "not a permission"),
        ({"approval": "?"}, "need approval"),
    ):
        answer = client.post("/settings/policy/tokens", {**form, **wrong})
        assert (answer.status_code, words in answer.content.decode()) == (422, True), wrong
    assert client.post("/settings/policy/tokens", {**form, "owner": "nobody"}).status_code == 404
    assert browser(person("mia")).post("/settings/policy/tokens", form).status_code == 403
