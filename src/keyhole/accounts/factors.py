"""A second factor besides the password: an authenticator app, and recovery codes for when the phone is lost.

Passkeys are in `passkeys.py`. Every change asks for the password once more (`passwords.confirm`) and is on record.
"""

from __future__ import annotations

import secrets
import time

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from keyhole.accounts import sealing
from keyhole.accounts.models import Authenticator, RecoveryCode, User
from keyhole.accounts.services import require
from keyhole.audit.log import ALLOWED, Draft, append
from keyhole.core import totp
from keyhole.core.caller import Caller
from keyhole.core.errors import Conflict, InvalidInput
from keyhole.core.secret import Secret

RECOVERY_CODES = 10
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS = 4
_WRONG = "That code is not valid now."


def new_app_secret() -> bytes:
    """A secret to share with an app; nothing is stored before a code of it was typed."""
    return secrets.token_bytes(totp.SECRET_BYTES)


def add_app(caller: Caller, secret: bytes, code: str) -> list[Secret]:
    """Ask for a code of this app from now on. Returns recovery codes if the person has none yet.

    InvalidInput when the code is not the app's; Conflict when there is an app already.
    """
    user = require(caller, "account:change")
    counter = totp.accepted(secret, _typed(code), time.time(), 0)
    if counter is None:
        raise InvalidInput(
            _WRONG,
            field="code",
            hint="Type the six digits that the app shows now; is the phone's clock right?",
        )
    with transaction.atomic():
        if Authenticator.objects.filter(user=user).exists():
            raise Conflict("You have an authenticator app already.", hint="Remove it first.")
        Authenticator.objects.create(
            user=user, sealed=sealing.seal(_place(user), secret), last_counter=counter
        )
        note(caller, "added", "authenticator app")
        return [] if user.recovery_codes.exists() else _replace_codes(user)


def remove_app(caller: Caller) -> None:
    """Ask for no code of the app any more."""
    user = require(caller, "account:change")
    with transaction.atomic():
        if Authenticator.objects.filter(user=user).delete()[0]:
            note(caller, "removed", "authenticator app")
        forget_codes_without_factor(user)


def new_recovery_codes(caller: Caller) -> list[Secret]:
    """Ten new codes, shown once; those from before are worth nothing any more."""
    user = require(caller, "account:change")
    with transaction.atomic():
        if not user.has_second_factor:
            raise Conflict("Recovery codes stand in for a second factor, and you have none yet.")
        note(caller, "replaced", "recovery codes")
        return _replace_codes(user)


def first_codes(user: User) -> list[Secret]:
    """Recovery codes for somebody who has just got their first factor; none if they have some."""
    return [] if user.recovery_codes.exists() else _replace_codes(user)


def code_is_right(user: User, given: str) -> str:
    """Which factor this code proves, `authenticator app` or `recovery code`; empty when it is neither.

    Each code is worth one sign-in. Two requests with the same code at the same moment: one of them gets in.
    """
    if _app_shows(user, _typed(given)):
        return "authenticator app"
    used = RecoveryCode.objects.filter(user=user, digest=_digest(given), used_at=None).update(
        used_at=timezone.now()
    )
    return "recovery code" if used else ""


def codes_left(user: User) -> int:
    """How many recovery codes have not been used."""
    return user.recovery_codes.filter(used_at=None).count()


def forget_codes_without_factor(user: User) -> None:
    """Recovery codes go with the last factor that they stand in for."""
    if not user.has_second_factor:
        user.recovery_codes.all().delete()


def drop_all(user: User) -> None:
    """Remove every second factor and every other way in, inside the transaction of whoever may do that."""
    Authenticator.objects.filter(user=user).delete()
    user.passkeys.all().delete()
    user.identities.all().delete()  # whoever has the person's account at the provider would come in by it again
    user.recovery_codes.all().delete()


def note(caller: Caller, what: str, factor: str) -> None:
    """Put a change of factors on record."""
    append(
        Draft(
            action="account:factor",
            outcome=ALLOWED,
            actor=caller.as_actor(),
            subject={"factor": factor, "what": what},
        )
    )


def _app_shows(user: User, given: str) -> bool:
    app = Authenticator.objects.filter(user=user).first()
    secret = sealing.unseal(_place(user), bytes(app.sealed)) if app is not None else None
    if app is None or secret is None:
        return False
    counter = totp.accepted(secret, given, time.time(), app.last_counter)
    # Only whoever moves the counter forward has used the code.
    return counter is not None and bool(
        Authenticator.objects.filter(pk=app.pk, last_counter__lt=counter).update(last_counter=counter)
    )


def _replace_codes(user: User) -> list[Secret]:
    codes = ["-".join(_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]
    user.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(code)) for code in codes])
    return [Secret(code) for code in codes]


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))


def _digest(code: str) -> bytes:
    plain = code.strip().lower().replace("-", "").replace(" ", "")[:100]
    return salted_hmac(
        "keyhole.accounts.recovery", plain.encode("utf-8", "surrogatepass"), algorithm="sha256"
    ).digest()


def _typed(code: str) -> str:
    return code[:20].replace(" ", "").strip()


def _place(user: User) -> str:
    return f"totp:{user.pk}"
