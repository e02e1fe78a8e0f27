"""Inviting people: a one-time address, valid for a week, that the inviter passes on."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from keyhole.accounts.models import Invitation, User
from keyhole.accounts.services import checked_email, make_user, require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core.actions import Role, may
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, NotFound, PermissionDenied, Unavailable
from keyhole.core.names import owner_name
from keyhole.core.secret import Secret

LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation, and the only moment at which its address is known."""

    invitation: Invitation
    link: Secret
    """The whole address. Whoever has it becomes the person."""


def invite(caller: Caller, email: str, role: Role) -> Invited:
    """Invite the person with this email address. An open invitation of the same address is replaced.

    InvalidInput when it is no address, Conflict when a member has it.
    """
    user = require(caller, "member:invite")
    email = checked_email(email.strip())
    code = secrets.token_urlsafe(32)
    with transaction.atomic():
        if User.objects.filter(email__iexact=email).exists():
            raise Conflict(f"{email} is the address of a member.", hint="Change the member's role instead.")
        now = timezone.now()
        Invitation.objects.filter(email__iexact=email, accepted_at=None, revoked_at=None).update(
            revoked_at=now
        )
        invitation = Invitation.objects.create(
            email=email,
            role_name=role.value,
            digest=_digest(Secret(code)),
            invited_by=user,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        _record(caller, "member:invite", invitation)
    return Invited(invitation, Secret(f"{settings.KEYHOLE_URL}/invitation/{code}"))


def list_invitations(caller: Caller) -> list[Invitation]:
    """The invitations that can still be accepted, newest first."""
    require(caller, "member:read")
    rows = Invitation.objects.select_related("invited_by__owner").order_by("-pk")
    return list(rows.filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()))


def revoke_invitation(caller: Caller, invitation_id: int) -> Invitation:
    """Take an invitation back. NotFound when there is none that is open."""
    require(caller, "member:invite")
    with transaction.atomic():
        found = Invitation.objects.filter(pk=invitation_id, accepted_at=None, revoked_at=None).first()
        if found is None:
            raise NotFound("There is no such open invitation.")
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at"])
        _record(caller, "member:invite", found, revoked=True)
    return found


def invitation_for(code: Secret) -> Invitation | None:
    """The open invitation with this code; None, whatever the reason, if it cannot be accepted now."""
    found = Invitation.objects.select_related("invited_by__owner").filter(digest=_digest(code)).first()
    if found is None or found.state != "open":
        return None
    # Who was invited by somebody who may invite nobody any more was not invited by this Keyhole: else an owner who
    # sees the end coming invites themselves.
    inviter = found.invited_by
    return found if inviter.is_active and may(inviter.role, "member:invite") else None


def accept(code: Secret, login: str, password: str) -> User:
    """Become a person here. PermissionDenied when the code is not valid; InvalidInput or Conflict for the rest."""
    login = owner_name(login)
    with transaction.atomic():
        invitation = invitation_for(code)
        if invitation is None:
            raise PermissionDenied(
                "This invitation is not valid any more.",
                hint="Ask whoever invited you for a new one.",
            )
        user = make_user(invitation.email, login, password, invitation.role)
        taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
            accepted_at=timezone.now(), accepted_by=user
        )
        if taken != 1:
            raise Unavailable("The invitation was used at the same moment by somebody else.")
        _record(Caller(user.pk, user.email, Via.SETUP), "account:create", invitation, login=user.login)
    return user


def _digest(code: Secret) -> bytes:
    return hashlib.sha256(code.reveal().encode("utf-8", "surrogatepass")).digest()


def _record(caller: Caller, action: str, invitation: Invitation, **more: object) -> None:
    append(
        Draft(
            action=action,
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={
                "email": invitation.email,
                "role": invitation.role_name,
                "invitation": invitation.pk,
                **more,
            },
        )
    )
