"""Invitations: shown once, used once, for a week, and never more than the inviter meant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from keyhole.accounts import invitations, members
from keyhole.accounts.models import Invitation, User
from keyhole.core.actions import Role
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.secret import Secret
from tests import canaries
from tests.unit.accounts.kit import PASSWORD, caller, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner():
    return person("olga", Role.OWNER)


def invite(owner, email="mia@example.invalid", role=Role.MAINTAINER):
    invited = invitations.invite(caller(owner), email, role)
    return invited.invitation, Secret(
        canaries.watch("invitation", invited.link.reveal().rpartition("/invitation/")[2])
    )


def test_whoever_has_the_address_becomes_what_the_inviter_chose(owner):
    invitation, code = invite(owner)
    mia = invitations.accept(code, "mia", PASSWORD)
    assert (mia.email, mia.login, mia.role) == ("mia@example.invalid", "mia", Role.MAINTAINER)
    assert mia.check_password(PASSWORD)
    assert Invitation.objects.get(pk=invitation.pk).accepted_by == mia


def test_it_works_once(owner):
    _, code = invite(owner)
    invitations.accept(code, "mia", PASSWORD)
    with pytest.raises(PermissionDenied):
        invitations.accept(code, "mallory", PASSWORD)
    assert User.objects.count() == 2


def test_it_is_stored_as_a_digest(owner):
    invitation, code = invite(owner)
    assert code.reveal().encode() not in bytes(invitation.digest)


def ends_by_time(owner, invitation):
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())


def ends_by_revocation(owner, invitation):
    invitations.revoke_invitation(caller(owner), invitation.pk)


def ends_by_a_newer_one(owner, invitation):
    invite(owner, invitation.email.upper())


def ends_with_its_inviter(owner, invitation):
    members.disable(caller(person("second", Role.OWNER)), owner.pk)


def ends_with_its_inviter_s_role(owner, invitation):
    members.change_role(caller(person("second", Role.OWNER)), owner.pk, Role.MAINTAINER)


@pytest.mark.parametrize(
    "end",
    [
        ends_by_time,
        ends_by_revocation,
        ends_by_a_newer_one,
        ends_with_its_inviter,
        ends_with_its_inviter_s_role,
    ],
)
def test_it_ends(owner, end):
    invitation, code = invite(owner)
    end(owner, invitation)
    assert invitations.invitation_for(code) is None
    with pytest.raises(PermissionDenied):
        invitations.accept(code, "mia", PASSWORD)


def test_it_lasts_a_week(owner):
    invitation, _ = invite(owner)
    assert invitation.expires_at - invitation.created_at == timedelta(days=7)
    assert [row.pk for row in invitations.list_invitations(caller(owner))] == [invitation.pk]


@pytest.mark.parametrize("text", ["", "x", "\ud800", "x" * 100_000, "' OR 1=1 --"], ids=range(5))
def test_a_wrong_code_makes_nobody(owner, text):
    invite(owner)
    with pytest.raises(PermissionDenied):
        invitations.accept(Secret(text), "mia", PASSWORD)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("login", "password", "problem"),
    [("-mia", PASSWORD, InvalidInput), ("mia", "short", InvalidInput), ("olga", PASSWORD, Conflict)],
)
def test_a_mistake_does_not_use_it_up(owner, login, password, problem):
    _, code = invite(owner)
    with pytest.raises(problem):
        invitations.accept(code, login, password)
    assert invitations.invitation_for(code) is not None


def test_a_member_is_not_invited_again(owner):
    with pytest.raises(Conflict, match="of a member"):
        invitations.invite(caller(owner), "OLGA@example.invalid", Role.OWNER)
    with pytest.raises(InvalidInput):
        invitations.invite(caller(owner), "no address", Role.MEMBER)


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.AUDITOR, Role.MEMBER])
def test_only_owners_invite(owner, role):
    invitation, _ = invite(owner)
    other = person("other", role)
    with pytest.raises(PermissionDenied):
        invitations.invite(caller(other), "x@example.invalid", Role.OWNER)
    with pytest.raises(PermissionDenied):
        invitations.revoke_invitation(caller(other), invitation.pk)


def test_what_is_over_cannot_be_taken_back(owner):
    invitation, code = invite(owner)
    invitations.accept(code, "mia", PASSWORD)
    for number in (invitation.pk, 10**6):
        with pytest.raises(NotFound):
            invitations.revoke_invitation(caller(owner), number)
