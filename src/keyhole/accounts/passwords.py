"""Passwords: asked for again before anything that matters, changed, and reset by an owner or the operator."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from keyhole.accounts import factors
from keyhole.accounts.models import ResetCode, User
from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, DENIED, Draft, append
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.secret import Secret

RESET_LIFETIME = timedelta(hours=1)


def confirm(caller: Caller, password: str) -> User:
    """The caller's account, if this is their password; InvalidInput, which is on record, if not.

    Whoever signs in elsewhere (OIDC) has no password here, and is asked for none.
    """
    user = require(caller, "account:change")
    if user.has_usable_password() and not user.check_password(password):
        append(
            Draft(
                action="account:confirm",
                outcome=DENIED,
                actor=caller.as_actor(),
                subject={"why": "The password was wrong."},
            )
        )
        raise InvalidInput("That is not your password.", field="password")
    return user


def change(caller: Caller, new: str) -> User:
    """Choose another password; every other session ends. Call `confirm` first. InvalidInput when it is weak."""
    user = require(caller, "account:change")
    with transaction.atomic():
        _set(user, new)
        ResetCode.objects.filter(user=user).delete()  # a link from before would undo this
        _record(caller, user, "changed")
    return user


def reset_link(caller: Caller, user_id: int, *, drop_factors: bool = False) -> Secret:
    """A one-time address, valid for an hour, at which a person chooses a new password.

    `drop_factors` removes second factors too once it is used. An earlier address of the same person stops working.
    """
    require(caller, "member:change")
    code = secrets.token_urlsafe(32)
    with transaction.atomic():
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise NotFound("There is no such member.")
        if not user.is_active:
            raise Conflict(f"{user.login} is disabled.", hint="Enable the person first.")
        ResetCode.objects.update_or_create(
            user=user,
            defaults={
                "digest": _digest(Secret(code)),
                "drops_factors": drop_factors,
                "expires_at": timezone.now() + RESET_LIFETIME,
            },
        )
        _record(caller, user, "reset link made", drops_factors=drop_factors)
    return Secret(f"{settings.KEYHOLE_URL}/reset/{code}")


def reset_code_for(code: Secret) -> ResetCode | None:
    """What this code resets; None, whatever the reason, if nothing now."""
    return (
        ResetCode.objects.select_related("user__owner")
        .filter(digest=_digest(code), expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )


def reset(code: Secret, new: str) -> User:
    """Choose a new password with a code, which is then used up; every session ends. PermissionDenied for a bad code."""
    with transaction.atomic():
        found = reset_code_for(code)
        # Only whoever takes the row away has used the code: two at the same moment may both have seen it.
        if found is None or not ResetCode.objects.filter(pk=found.pk, digest=_digest(code)).delete()[0]:
            raise PermissionDenied(
                "This reset link is not valid any more.", hint="Ask an owner of this Keyhole for a new one."
            )
        user = found.user
        _set(user, new)
        if found.drops_factors:
            factors.drop_all(user)
        caller = Caller(user.pk, user.email, Via.SETUP)
        _record(caller, user, "reset", drops_factors=found.drops_factors)
    return user


def _set(user: User, new: str) -> None:
    try:
        validate_password(new, user)
    except ValidationError as problem:
        raise InvalidInput(" ".join(problem.messages), field="new") from problem
    user.set_password(new)
    user.save(update_fields=["password"])


def _digest(code: Secret) -> bytes:
    return hashlib.sha256(code.reveal().encode("utf-8", "surrogatepass")).digest()


def _record(caller: Caller, user: User, what: str, **more: object) -> None:
    append(
        Draft(
            action="account:password",
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={"member": user.login, "user_id": user.pk, "what": what, **more},
        )
    )
