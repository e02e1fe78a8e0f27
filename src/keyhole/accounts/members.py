"""The people of this Keyhole: their roles, and letting somebody out and in again.

What a person loses, they lose at once: sessions carry the role they began with (`User.session_epoch`), and the data
plane looks at the person behind a token at the start of every request.
"""

from __future__ import annotations

import unicodedata

from django.db import transaction

from keyhole.accounts.models import ResetCode, User
from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.core.actions import Role, may
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound
from keyhole.core.names import fold

_REASON_LENGTH = 200


def list_members(caller: Caller) -> list[User]:
    """Everybody, those who may come in first."""
    require(caller, "member:read")
    return list(User.objects.select_related("owner").order_by("-is_active", "owner__login_folded"))


def get_member(caller: Caller, user_id: int) -> User:
    """One person. NotFound when there is none."""
    require(caller, "member:read")
    return _one(user_id)


def find_member(caller: Caller, name: str) -> User:
    """One person by login or email address. NotFound when there is none."""
    require(caller, "member:read")
    field = "email__iexact" if "@" in name else "owner__login_folded"
    found = User.objects.select_related("owner").filter(**{field: fold(name)}).first()
    if found is None:
        raise NotFound(f"There is no member {name!r}.", hint="`keyhole member list` shows everybody.")
    return found


def change_role(caller: Caller, user_id: int, role: Role) -> User:
    """Give a person another role; their sessions end. Conflict when nobody would be left as an owner."""
    require(caller, "member:change")
    with transaction.atomic():
        chain = Chain()
        user = _one(user_id)
        before = user.role
        if before is role:
            return user
        if before is Role.OWNER:
            _keep_an_owner(user)
        if not may(role, "member:change"):
            _end_reset_links(before)
        user.role_name = role.value
        # Without this, sessions from before would be valid again once the person has the old role again.
        user.session_epoch += 1
        user.save(update_fields=["role_name", "session_epoch"])
        _record(chain, caller, "member:change", user, role=role.value, before=before.value)
    return user


def disable(caller: Caller, user_id: int, reason: str = "") -> User:
    """Let a person do nothing any more: no sign-in, no session, none of their tokens. Nothing of theirs is deleted.

    Conflict when nobody would be left as an owner. Disabling twice is harmless.
    """
    require(caller, "member:change")
    why = _checked_reason(reason)
    with transaction.atomic():
        chain = Chain()
        user = _one(user_id)
        if not user.is_active:
            return user
        _keep_an_owner(user)
        _end_reset_links(user.role)
        user.is_active = False
        # Without this, sessions from before would be valid again once the person is enabled.
        user.session_epoch += 1
        user.save(update_fields=["is_active", "session_epoch"])
        _record(chain, caller, "member:change", user, active=False, why=why)
    return user


def enable(caller: Caller, user_id: int) -> User:
    """Let a person in again, who has to sign in anew. Their tokens that are not revoked or expired work again."""
    require(caller, "member:change")
    with transaction.atomic():
        chain = Chain()
        user = _one(user_id)
        if not user.is_active:
            user.is_active = True
            user.save(update_fields=["is_active"])
            _record(chain, caller, "member:change", user, active=True)
    return user


def is_last_owner(user: User) -> bool:
    """Whether this Keyhole would be without an owner who can sign in if this person were none."""
    if user.role is not Role.OWNER or not user.is_active:
        return False
    others = User.objects.filter(role_name=Role.OWNER, is_active=True).exclude(pk=user.pk)
    return not any(other.can_sign_in for other in others)


def _keep_an_owner(user: User) -> None:
    if is_last_owner(user):
        raise Conflict(
            f"Without {user.login} this Keyhole would be without an owner who can sign in, so this was not done.",
            hint="Make somebody else an owner first.",
        )


def _end_reset_links(lost: Role) -> None:
    """With the right to make links for new passwords end those that exist: who made which is not kept.

    Else whoever has to go takes somebody else's account along, within the hour.
    """
    if may(lost, "member:change"):
        ResetCode.objects.all().delete()


def _one(user_id: int) -> User:
    found = User.objects.select_related("owner").filter(pk=user_id).first() if 0 < user_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such member.", hint="`keyhole member list` shows everybody.")
    return found


def _checked_reason(text: str) -> str:
    text = text.strip()
    if len(text) > _REASON_LENGTH or any(unicodedata.category(char).startswith("C") for char in text):
        raise InvalidInput(
            f"A reason is one line of at most {_REASON_LENGTH} characters, without invisible ones.",
            field="reason",
        )
    return text


def _record(chain: Chain, caller: Caller, action: str, user: User, **more: object) -> None:
    chain.extend(
        [
            Draft(
                action=action,
                outcome=ALLOWED,
                actor=caller.as_actor(),
                subject={"member": user.login, "user_id": user.pk, **more},
            )
        ]
    )
