"""What people do with tokens: generate, list, look at, revoke."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from keyhole.accounts.models import User
from keyhole.accounts.services import allows, find_owner, require
from keyhole.audit.log import ALLOWED, Chain, Draft
from keyhole.core import grant, token_text
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from keyhole.core.grant import Access
from keyhole.core.permissions import Level
from keyhole.core.secret import Secret
from keyhole.tokens import policy, revocations
from keyhole.tokens.models import Approval, Purpose, Token, Withheld

DEFAULT_DAYS = 30
_NAME_LENGTH = 40
_DESCRIPTION_LENGTH = 1024
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class TokenSpec:
    """The fields of the form "Generate new token"."""

    name: str
    """At most 40 characters, unique among the user's tokens that are not revoked."""
    owner_login: str
    """The resource owner."""
    access: Access
    description: str = ""
    """At most 1,024 characters."""
    repository_ids: frozenset[int] = frozenset()
    """The chosen repositories, if access is selected."""
    permissions: Mapping[str, Level] = field(default_factory=dict)
    expires_in_days: int | None = DEFAULT_DAYS
    """Days until it expires; None is no expiration, where the policy allows that."""
    lifetime: timedelta | None = None
    """A shorter life than a day, for tokens that Keyhole generates for itself; outvotes the days."""
    purpose: Purpose = Purpose.INTEGRATION


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token, and the only moment at which its text exists outside of the tool that will use it."""

    token: Token
    secret: Secret


def generate(caller: Caller, spec: TokenSpec) -> Issued:
    """Generate a token. InvalidInput, naming the field, or Conflict for a name in use; nothing is made then."""
    user = require(caller, "token:create")
    name = checked_text("name", spec.name, _NAME_LENGTH, lines=False)
    if not name:
        raise InvalidInput(
            "A token needs a name.", field="name", hint="So that you recognise it in six months."
        )
    description = checked_text("description", spec.description, _DESCRIPTION_LENGTH, lines=True)
    owner = find_owner(spec.owner_login)
    # A scan's own token is shown to nobody, and whoever asked for the scan was asked for `scan:run`.
    scans_own = caller.via is Via.JOB and spec.purpose == Purpose.SCAN
    for_others = owner.pk != user.owner_id and not scans_own
    if for_others and not allows(caller, user, "token:create_any") and not policy.may_ask(owner.pk):
        require(caller, "token:create_any")
    secret = token_text.mint()
    try:
        with transaction.atomic():
            chain = Chain()
            if chain.clock_went_back:
                raise Unavailable(
                    "The clock of this machine went back, so no expiration can be set.",
                    hint="Correct the clock. If it is right now: `keyhole audit accept-clock`.",
                )
            rights = grant.make(
                owner=owner.as_core(),
                access=spec.access,
                repository_ids=spec.repository_ids,
                permissions=spec.permissions,
                not_before=chain.clock,
                expires_at=_expiration(spec, chain.at),
            )
            waits = not scans_own and _waits(caller, user, rights, for_others)
            token = Token.objects.create(
                user=user,
                for_others=for_others,
                withheld=Withheld.APPROVAL if waits else Withheld.NOTHING,
                name=name,
                description=description,
                purpose=Purpose(spec.purpose).value,
                grant=grant.dump(rights),
                digest=token_text.hash_of(secret),
                created_at=chain.at,
                expires_at=rights.expires_at,
            )
            if waits:
                Approval.objects.create(token=token, requested_at=chain.at)
            record(chain, caller, "token:create", token, grant=token.grant, waits_for_approval=waits)
    except IntegrityError as problem:
        raise Conflict(
            f"You already have a token called {name!r}.",
            hint="Choose another name, or revoke the old token first.",
        ) from problem
    except DatabaseProblem as problem:
        raise not_done() from problem
    return Issued(token, secret)


def _waits(caller: Caller, user: User, rights: grant.Grant, for_others: bool) -> bool:
    """Whether somebody must approve it first; InvalidInput when it goes beyond the policy."""
    terms = policy.terms_for(rights.owner.id)
    if problem := terms.problem(rights):
        raise problem
    # For whom it is only possible because somebody decides, somebody always does.
    asked = for_others and not allows(caller, user, "token:create_any")
    return asked or terms.wants_approval(rights)


def checked_text(name: str, text: str, longest: int, *, lines: bool) -> str:
    """A text as it is kept: composed, stripped, bounded, visible. InvalidInput, naming the field `name`."""
    # The size first: nothing else is done to ten megabytes.
    if len(text) <= 4 * longest:
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if len(text) > longest:
        raise InvalidInput(
            f"The {name} has {len(text):,} characters; at most {longest:,} are kept.", field=name
        )
    if any(unicodedata.category(char) in _HIDDEN and not (lines and char == "\n") for char in text):
        raise InvalidInput(
            f"The {name} has control or invisible characters.",
            field=name,
            hint="Type it instead of pasting it.",
        )
    return text


def _expiration(spec: TokenSpec, now: datetime) -> datetime | None:
    if spec.lifetime is not None:
        return now + spec.lifetime
    longest: int = settings.KEYHOLE_MAX_TOKEN_DAYS
    days = spec.expires_in_days
    if days is None:
        if longest:
            raise InvalidInput(
                f"Tokens of this Keyhole expire after at most {longest} days.",
                field="expiration",
                hint="KEYHOLE_MAX_TOKEN_DAYS=0 would allow tokens with no expiration.",
            )
        return None
    if type(days) is not int or not 1 <= days <= (longest or 36500):
        raise InvalidInput(
            f"The expiration must be from 1 to {longest or 36500} days away.", field="expiration"
        )
    return now + timedelta(days=days)


def list_tokens(caller: Caller, *, include_revoked: bool = False) -> list[Token]:
    """The tokens that the caller may see, newest first."""
    rows = _visible(caller)
    return list((rows if include_revoked else rows.filter(revoked_at=None)).order_by("-pk"))


def get(caller: Caller, token_id: int) -> Token:
    """One token. NotFound when there is none, or it is somebody else's and the caller may not see those."""
    found = _visible(caller).filter(pk=token_id).first() if 0 < token_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such token.", hint="`keyhole token list --all` shows every token.")
    return found


def named(caller: Caller, text: str) -> list[Token]:
    """The tokens that the caller may see with this name, whatever its case, or this id; revoked ones too."""
    wanted = Q(name__iexact=text)
    if text.isascii() and text.isdigit() and len(text) < 19:
        wanted |= Q(pk=int(text))
    return list(_visible(caller).filter(wanted).order_by("pk"))


def _visible(caller: Caller) -> QuerySet[Token]:
    user = require(caller, "token:read")
    rows = Token.objects.select_related("user__owner")
    return rows if allows(caller, user, "token:read_any") else rows.filter(user=user)


def revoke(caller: Caller, token_id: int, reason: str = "") -> Token:
    """Revoke a token for good. Once this has returned, no request that starts later is allowed with it.

    Revoking twice is harmless. NotFound as for `get`; Unavailable when it could not be made durable, and the token
    must then be taken as not revoked.
    """
    user = require(caller, "token:revoke")
    found = get(caller, token_id)
    if found.user_id != user.pk:
        require(caller, "token:revoke_any")
    why = checked_text("reason", reason, 200, lines=False)
    try:
        with transaction.atomic():
            chain = Chain()
            token = Token.objects.select_related("user__owner").get(pk=found.pk)
            if token.revoked_at is None:
                token.revoked_at, token.revoked_reason = chain.at, why
                token.save(update_fields=["revoked_at", "revoked_reason"])
                record(chain, caller, "token:revoke", token, why=why)
                # Both texts, while there are two: a backup from now must revive neither.
                for digest in filter(None, (token.digest, token.next_digest)):
                    revocations.note(bytes(digest))
    except DatabaseProblem as problem:
        raise not_done() from problem
    return token


def record(chain: Chain, caller: Caller, action: str, token: Token, **more: object) -> None:
    """Put what the caller did to a token on record, in the transaction that does it."""
    chain.extend(
        [
            Draft(
                action=action,
                outcome=ALLOWED,
                actor=caller.as_actor(),
                subject={"token": token.name, "subject_token_id": token.pk, **more},
            )
        ]
    )


def not_done() -> Unavailable:
    """The error for a database that does not take the change."""
    return Unavailable(
        "The database cannot be written, so nothing was done.",
        hint="Check the disk and the database; `keyhole doctor` helps.",
    )
