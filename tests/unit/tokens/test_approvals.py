"""Approvals: a token that waits does nothing, somebody else decides, and the answer is final."""

from __future__ import annotations

import pytest
from django.utils import timezone

from keyhole.accounts.services import local_caller
from keyhole.audit import revoked
from keyhole.audit.models import Entry
from keyhole.core import token_text
from keyhole.core.actions import Role
from keyhole.core.errors import BadCredentials, Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.grant import Access
from keyhole.core.permissions import Level
from keyhole.tokens import approvals, lifecycle, policy
from keyhole.tokens.authority import TokenWithheld, identify
from keyhole.tokens.models import Token
from keyhole.tokens.policy import Approval, Terms
from keyhole.tokens.services import TokenSpec, generate
from tests import canaries
from tests.unit.accounts.kit import browser, caller, person
from tests.unit.tokens.kit import owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people():
    owner()
    found = {role: person(role.value, role) for role in Role}
    policy.set_terms(caller(found[Role.OWNER]), "acme", Terms(approval=Approval.WRITING))
    return found


def ask(user, level=Level.WRITE, name="tool"):
    spec = TokenSpec(name, "acme", Access.SELECTED, "For the release", frozenset({7}), {"contents": level})
    issued = generate(caller(user), spec)
    canaries.watch("token", issued.secret.reveal())
    return issued


def waits(issued):
    with pytest.raises(TokenWithheld, match="waits for approval"):
        identify(issued.secret)
    return True


def test_a_token_that_writes_waits_and_works_once_approved(people):
    issued = ask(people[Role.OWNER])
    assert waits(issued)
    done = approvals.approve(caller(people[Role.MAINTAINER]), issued.token.pk, "fine")
    assert (done.decision, done.reason, done.decided_by) == ("approved", "fine", "maintainer")
    assert identify(issued.secret).grant.permissions["contents"] is Level.WRITE
    entry = Entry.objects.get(action="approval:decide")
    assert (entry.subject["decision"], entry.subject["why"]) == ("approved", "fine")


def test_a_token_that_reads_does_not(people):
    identify(ask(people[Role.OWNER], Level.READ).secret)
    assert approvals.list_requests(caller(people[Role.OWNER])) == []


def test_a_member_may_ask_for_what_the_role_does_not_include_and_always_waits(people):
    issued = ask(people[Role.MEMBER], Level.READ)
    assert waits(issued)
    approvals.approve(caller(people[Role.OWNER]), issued.token.pk)
    identify(issued.secret)


def test_without_such_a_policy_a_member_may_not_even_ask(people):
    policy.set_terms(caller(people[Role.OWNER]), "acme", Terms())
    with pytest.raises(PermissionDenied):
        ask(people[Role.MEMBER])


def test_a_denied_token_is_revoked_and_the_reason_is_kept(people):
    issued = ask(people[Role.MEMBER])
    with pytest.raises(InvalidInput):
        approvals.deny(caller(people[Role.OWNER]), issued.token.pk, " ")
    done = approvals.deny(caller(people[Role.OWNER]), issued.token.pk, "read is enough")
    assert done.reason == "read is enough"
    with pytest.raises(BadCredentials):
        identify(issued.secret)
    assert Token.objects.get().revoked_reason == "Not approved: read is enough"
    for act in (approvals.approve, approvals.deny):
        with pytest.raises(NotFound):
            act(caller(people[Role.OWNER]), issued.token.pk, "again")


def test_a_denied_token_is_remembered_with_every_text_that_it_has(people):
    issued = ask(people[Role.MAINTAINER])
    new = lifecycle.rotate(caller(people[Role.MAINTAINER]), issued.token.pk)
    canaries.watch("token", new.secret.reveal())
    approvals.deny(caller(people[Role.OWNER]), issued.token.pk, "not now")
    assert {token_text.hash_of(each.secret) for each in (issued, new)} <= revoked.noted()


def test_nobody_approves_their_own_where_somebody_else_can(people):
    issued = ask(people[Role.MAINTAINER])
    with pytest.raises(Conflict, match="somebody else decides"):
        approvals.approve(caller(people[Role.MAINTAINER]), issued.token.pk)
    assert waits(issued)


def test_the_only_one_who_can_decide_does():
    owner()
    olga = person("olga", Role.OWNER)
    policy.set_terms(caller(olga), "acme", Terms(approval=Approval.ALWAYS))
    issued = ask(olga)
    assert waits(issued)
    approvals.approve(caller(olga), issued.token.pk, "I am alone here")
    identify(issued.secret)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.MEMBER])
def test_others_decide_nothing_and_see_only_their_own(people, role):
    issued = ask(people[Role.OWNER])
    for act in (approvals.approve, approvals.deny):
        with pytest.raises(PermissionDenied):
            act(caller(people[role]), issued.token.pk, "x")
    with pytest.raises(PermissionDenied):
        approvals.get_request(caller(people[role]), issued.token.pk)
    assert approvals.list_requests(caller(people[role])) == []
    assert waits(issued)


def test_todays_policy_counts_when_it_is_approved(people):
    issued = ask(people[Role.MEMBER])
    policy.set_terms(caller(people[Role.OWNER]), "acme", Terms(ceilings={"contents": "read"}))
    with pytest.raises(Conflict, match="policy"):
        approvals.approve(caller(people[Role.OWNER]), issued.token.pk)
    assert waits(issued)


def test_what_has_ended_is_not_approved(people):
    issued = ask(people[Role.MEMBER])
    Token.objects.update(expires_at=timezone.now())
    with pytest.raises(Conflict):
        approvals.approve(caller(people[Role.OWNER]), issued.token.pk)


@pytest.mark.parametrize("number", [0, -1, 10**6, 2**63])
def test_nothing_waits_under_this_number(people, number):
    with pytest.raises(NotFound):
        approvals.approve(caller(people[Role.OWNER]), number)
    assert local_caller()


def test_the_pages_walk_from_the_request_to_the_decision(people):
    issued = ask(people[Role.MEMBER])
    number = issued.token.pk
    mine, owners = browser(people[Role.MEMBER]), browser(people[Role.OWNER])
    assert "Decide" not in mine.get("/settings/approvals").content.decode()
    assert "waits for approval" in mine.get(f"/settings/personal-access-tokens/{number}").content.decode()
    assert mine.post(f"/settings/approvals/{number}", {"approve": "1"}).status_code == 403
    assert browser().get("/settings/approvals")["Location"].startswith("/sign-in?")
    assert "read and push code" in owners.get(f"/settings/approvals/{number}").content.decode()
    assert owners.post(f"/settings/approvals/{number}", {"deny": "1"}).status_code == 422
    answer = owners.post(f"/settings/approvals/{number}", {"approve": "1", "reason": "for the release"})
    assert answer["Location"] == "/settings/approvals"
    assert "for the release" in mine.get("/settings/approvals").content.decode()
    identify(issued.secret)
