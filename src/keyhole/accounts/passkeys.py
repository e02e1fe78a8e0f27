"""Passkeys (https://www.w3.org/TR/webauthn-3/): one proves who somebody is, alone or after a password.

The authenticator checks its person itself (user verification is required), so a passkey counts as both factors. Which
make it is is not asked: attestation would tell people apart and is of no use here.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from keyhole.accounts import factors
from keyhole.accounts.models import Passkey, User
from keyhole.accounts.services import require
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.secret import Secret

MOST = 20
"""Passkeys of one person."""
_NAME_LENGTH = 60
_LONGEST_ANSWER = 16_384
_REQUIRED = UserVerificationRequirement.REQUIRED


def unusable() -> str:
    """Why passkeys cannot be used at this Keyhole's address; empty when they can."""
    parts = urlsplit(settings.KEYHOLE_URL)
    host = parts.hostname or ""
    if host.replace(".", "").isdigit() or ":" in host:
        return "Passkeys belong to a host name, and this Keyhole is reached by a number. Set KEYHOLE_URL to a name."
    if parts.scheme != "https" and host != "localhost":
        return "Browsers offer passkeys over https only. Set KEYHOLE_URL to an https address."
    return ""


def begin_adding(caller: Caller) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the browser is asked for, and what `add` needs to know of it; that is kept in the session."""
    user = require(caller, "account:change")
    if user.passkeys.count() >= MOST:
        raise Conflict(f"You have {MOST} passkeys already.", hint="Remove one first.")
    options, state = _server().register_begin(
        PublicKeyCredentialUserEntity(id=_handle(user), name=user.login, display_name=user.email),
        credentials=[_credential(row) for row in user.passkeys.all()],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=_REQUIRED,
    )
    return dict(options), _plain(state)


def add(caller: Caller, name: str, state: dict[str, Any] | None, answer: str) -> list[Secret]:
    """Take in a new passkey. Returns recovery codes if the person has none yet. InvalidInput when it does not hold."""
    user = require(caller, "account:change")
    name = _checked_name(name)
    response = _parsed(answer)
    if state is None:
        raise _not_valid()
    try:
        found = _server().register_complete(state, RegistrationResponse.from_dict(response))
    except (ValueError, TypeError, KeyError) as problem:
        raise _not_valid() from problem
    credential = found.credential_data
    if credential is None:
        raise _not_valid()
    try:
        with transaction.atomic():
            Passkey.objects.create(
                user=user,
                name=name,
                credential_id=credential.credential_id,
                credential=bytes(credential),
                sign_count=found.counter,
            )
            factors.note(caller, "added", f"passkey {name}")
            return factors.first_codes(user)
    except IntegrityError as problem:
        raise Conflict("This passkey is here already.") from problem


def remove(caller: Caller, passkey_id: int) -> None:
    """Take a passkey away. NotFound when it is nobody's, or somebody else's."""
    user = require(caller, "account:change")
    with transaction.atomic():
        found = user.passkeys.filter(pk=passkey_id).first()
        if found is None:
            raise NotFound("There is no such passkey.")
        found.delete()
        factors.note(caller, "removed", f"passkey {found.name}")
        factors.forget_codes_without_factor(user)


def begin_proof(user: User | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """As `begin_adding`, for proving who one is; `user` is None where nobody has said yet who they are."""
    known = [_credential(row) for row in user.passkeys.all()] if user is not None else None
    options, state = _server().authenticate_begin(known, user_verification=_REQUIRED)
    return dict(options), _plain(state)


def prove(state: dict[str, Any] | None, answer: str) -> User:
    """Whose passkey answered. PermissionDenied, always in the same words, if it is nobody's who may come in."""
    try:
        response = AuthenticationResponse.from_dict(_parsed(answer))
        row = (
            Passkey.objects.select_related("user__owner")
            .filter(credential_id=response.raw_id, user__is_active=True)
            .first()
        )
        handle = response.response.user_handle
        if state is None or row is None or (handle and handle != _handle(row.user)):
            raise _refused()
        _server().authenticate_complete(state, [_credential(row)], response)
    except (ValueError, TypeError, KeyError, InvalidInput) as problem:
        raise _refused() from problem
    count = response.response.authenticator_data.counter
    # An authenticator that counts only counts up; one that does not has been copied.
    rows = Passkey.objects.filter(pk=row.pk)
    if count or row.sign_count:
        rows = rows.filter(sign_count__lt=count)
    if not rows.update(sign_count=count, last_used_at=timezone.now()):
        raise _refused()
    return row.user


def _server() -> Fido2Server:
    if problem := unusable():
        raise Conflict(problem)
    host = urlsplit(settings.KEYHOLE_URL).hostname
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=host, name="Keyhole"),
        verify_origin=lambda origin: origin == settings.KEYHOLE_URL,
    )


def _credential(row: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(row.credential))


def _handle(user: User) -> bytes:
    # No login and no address: authenticators show the handle to nobody, but keep it in the clear.
    return f"keyhole:{user.pk}".encode()


def _plain(state: Any) -> dict[str, Any]:
    return {"challenge": state["challenge"], "user_verification": _REQUIRED.value}


def _parsed(answer: str) -> dict[str, Any]:
    try:
        found = json.loads(answer) if len(answer) <= _LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _not_valid()
    return found


def _checked_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text[:1000]).strip()
    if not name or len(name) > _NAME_LENGTH or any(unicodedata.category(char)[0] == "C" for char in name):
        raise InvalidInput(
            f"Give the passkey a name of at most {_NAME_LENGTH} characters.",
            field="name",
            hint="For example the device that it is on.",
        )
    return name


def _not_valid() -> InvalidInput:
    return InvalidInput(
        "The browser's answer does not fit what was asked.", hint="Load the page again and try once more."
    )


def _refused() -> PermissionDenied:
    return PermissionDenied(
        "That passkey does not open this Keyhole.", hint="Use another one, or your password."
    )
