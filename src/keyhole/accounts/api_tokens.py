"""API tokens: made by people for programs that use Keyhole's own API, with a part of what the person may do.

They have nothing to do with the fine-grained tokens of tools: the gateway takes none of these, the API none of those.
Made as those are (`core/token_text`): shown once, stored as a hash, checked before any look-up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from keyhole.accounts.models import ApiToken, User
from keyhole.accounts.services import allows, require
from keyhole.audit import revoked
from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.core import token_text
from keyhole.core.actions import ACTIONS
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import BadCredentials, Conflict, InvalidInput, NotFound, Unavailable
from keyhole.core.secret import Secret

GRANTABLE = tuple(
    name
    for name in ACTIONS
    if name.partition(":")[0]
    in {
        "advisories",
        "audit",
        "environment",
        "finding",
        "integration",
        "report",
        "repository",
        "scan",
        "schedule",
        "token",
    }
)
"""Actions that an API token may hold. What decides who is here, how one signs in, and about requests takes a person."""
DEFAULT_DAYS = 30
_NAME_LENGTH = 60
_BAD = "Bad credentials"
_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedApiToken:
    """A new API token, and the only moment at which its text exists outside of the program that will use it."""

    token: ApiToken
    secret: Secret


def longest_days() -> int:
    """The longest life of an API token; they always expire."""
    return settings.KEYHOLE_MAX_TOKEN_DAYS or 366


def create(caller: Caller, name: str, actions: Iterable[str], days: int = DEFAULT_DAYS) -> IssuedApiToken:
    """Make an API token. InvalidInput, naming the field, or Conflict for a name in use; nothing is made then."""
    user = require(caller, "api_token:manage")
    name, chosen = _checked_name(name), _checked_actions(user, actions)
    if type(days) is not int or not 1 <= days <= longest_days():
        raise InvalidInput(
            f"The expiration must be from 1 to {longest_days()} days away.", field="expiration"
        )
    secret = token_text.mint(prefix=token_text.API_PREFIX)
    try:
        with transaction.atomic():
            chain = Chain()
            if chain.clock_went_back:
                raise Unavailable(
                    "The clock of this machine went back, so no expiration can be set.",
                    hint="Correct the clock. If it is right now: `keyhole audit accept-clock`.",
                )
            token = ApiToken.objects.create(
                user=user,
                name=name,
                digest=token_text.hash_of(secret),
                actions=chosen,
                created_at=chain.at,
                expires_at=chain.at + timedelta(days=days),
            )
            _record(chain, caller, token, "created", actions=chosen)
    except IntegrityError as problem:
        raise Conflict(
            f"You already have an API token called {name!r}.",
            hint="Choose another name, or revoke the old one first.",
        ) from problem
    return IssuedApiToken(token, secret)


def list_api_tokens(caller: Caller) -> list[ApiToken]:
    """The caller's API tokens that are not revoked; an owner's list has everybody's."""
    user = require(caller, "api_token:manage")
    rows = ApiToken.objects.select_related("user__owner").filter(revoked_at=None).order_by("-pk")
    return list(rows if allows(caller, user, "api_token:manage_any") else rows.filter(user=user))


def get(caller: Caller, number: int) -> ApiToken:
    """One API token, revoked or not. NotFound when there is none, or it is not the caller's to see."""
    user = require(caller, "api_token:manage")
    mine = Q() if allows(caller, user, "api_token:manage_any") else Q(user=user)
    rows = ApiToken.objects.select_related("user__owner").filter(mine, pk=number)
    found = rows.first() if 0 < number < 2**63 else None
    if found is None:
        raise NotFound("There is no such API token.", hint="`keyhole api-token list` shows them.")
    return found


def revoke(caller: Caller, number: int) -> ApiToken:
    """Revoke one for good, at once. Twice is harmless. NotFound as for `get`."""
    with transaction.atomic():
        chain = Chain()
        found = get(caller, number)
        if found.revoked_at is None:
            found.revoked_at = chain.at
            found.save(update_fields=["revoked_at"])
            _record(chain, caller, found, "revoked")
            revoked.note(bytes(found.digest))
    return found


def identify(presented: Secret, address: str) -> tuple[Caller, ApiToken]:
    """Who comes with this API token. BadCredentials, always in the same words, if it is nobody's valid one.

    What is not well formed ends here without a look-up. What may be done is then for `require` to say: the person's
    role as it is now, and of that what the token holds.
    """
    if not token_text.is_well_formed(presented.reveal(), token_text.API_PREFIX):
        raise BadCredentials(_BAD)
    try:
        token = (
            ApiToken.objects.select_related("user__owner")
            .filter(digest=token_text.hash_of(presented))
            .first()
        )
        if token is None or token.state != "active" or not token.user.is_active:
            raise BadCredentials(_BAD)
        _note_use(token, address)
    except DatabaseProblem as problem:
        raise Unavailable("API tokens cannot be looked up now.") from problem
    held = token.actions if isinstance(token.actions, list) else []
    caller = Caller(
        token.user_id,
        token.user.email,
        Via.API,
        address,
        frozenset(name for name in GRANTABLE if name in held),
        token.pk,
    )
    return caller, token


def end_again(noted: AbstractSet[bytes]) -> None:
    """Revoke what was revoked before the database was restored from a backup. Called at each start."""
    with transaction.atomic():
        chain = Chain()
        for token in ApiToken.objects.filter(revoked_at=None):
            if bytes(token.digest) in noted:
                token.revoked_at = chain.at
                token.save(update_fields=["revoked_at"])
                _record(chain, Caller(None, "keyhole", Via.JOB), token, "revoked before the restore")


def end_leaked(digests: Collection[bytes], actor: Mapping[str, Any], why: str) -> int:
    """Revoke those with these digests, for whoever holds them; returns how many."""
    rows = ApiToken.objects.filter(digest__in=digests, revoked_at=None)
    if not rows.exists():
        return 0
    with transaction.atomic():
        chain = Chain()
        found = list(rows)
        rows.update(revoked_at=chain.at)
        chain.extend(
            Draft(
                "api_token:manage",
                ALLOWED,
                actor,
                {"api_token": each.name, "subject_api_token_id": each.pk, "what": "revoked", "why": why},
            )
            for each in found
        )
        if found:
            revoked.note(*(bytes(each.digest) for each in found))
    return len(found)


def _note_use(token: ApiToken, address: str) -> None:
    now = timezone.now()
    if (
        token.last_used_at is None
        or now - token.last_used_at > _USED_EVERY
        or token.last_used_address != address
    ):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_address=address[:64])


def _checked_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text[:1000]).strip()
    if not name or len(name) > _NAME_LENGTH or any(unicodedata.category(char)[0] == "C" for char in name):
        raise InvalidInput(
            f"An API token needs a name of at most {_NAME_LENGTH} characters.",
            field="name",
            hint="So that you recognise it in six months.",
        )
    return name


def _checked_actions(user: User, actions: Iterable[str]) -> list[str]:
    wanted = sorted(set(actions))
    if not wanted:
        raise InvalidInput("Choose at least one action.", field="actions")
    for name in wanted:
        if name not in GRANTABLE:
            raise InvalidInput(
                f"{name!r} is not an action that an API token can hold.",
                field="actions",
                hint="`keyhole api-token actions` lists them.",
            )
        if user.role not in ACTIONS[name].roles:
            raise InvalidInput(f"Your role, {user.role.value}, does not include {name}.", field="actions")
    return wanted


def _record(chain: Chain, caller: Caller, token: ApiToken, what: str, **more: object) -> None:
    chain.extend(
        [
            Draft(
                action="api_token:manage",
                outcome=ALLOWED,
                actor=caller.as_actor(),
                subject={"api_token": token.name, "subject_api_token_id": token.pk, "what": what, **more},
            )
        ]
    )
