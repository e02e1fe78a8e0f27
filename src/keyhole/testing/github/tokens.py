"""Tokens of the sandbox: made in GitHub's shapes, so that recognising them by their look works.

They open nothing anywhere else. 40-character tokens end with a correct checksum; a fine-grained token is
`github_pat_`, 22 characters, `_`, 59 characters; an installation token can also have the longer shape with dots.
"""

from __future__ import annotations

import base64
import json
import secrets
import string
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from keyhole.core.permissions import Group, Level, vocabulary
from keyhole.testing.github.world import Account, Organization, Repository, User

if TYPE_CHECKING:
    from keyhole.testing.github.apps import Installation

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Kind(StrEnum):
    """What a token is."""

    FINE_GRAINED = "fine-grained personal access token"
    CLASSIC = "personal access token (classic)"
    OAUTH = "OAuth app token"
    INSTALLATION = "installation access token"


class State(StrEnum):
    """Where a fine-grained token stands with the organization that is its resource owner."""

    APPROVED = "approved"
    PENDING = "pending"
    DENIED = "denied"


@dataclass(eq=False, slots=True)
class SandboxToken:
    """One token and everything that decides what it may."""

    id: int
    kind: Kind
    text: str = field(repr=False)
    """What a client sends."""
    user: User | None
    """Whose token it is; None for an installation's."""
    name: str
    created_at: datetime
    expires_at: datetime | None = None
    owner: Account | None = None
    """Resource owner: of a fine-grained token, or the account of an installation."""
    access: str = "selected"
    """`public`, `all` or `selected`."""
    selected: set[int] = field(default_factory=set)
    """Ids of the selected repositories."""
    permissions: dict[str, Level] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    """Of a classic or OAuth token."""
    state: State = State.APPROVED
    reason: str = ""
    """What its maker told the organization's owners."""
    description: str = ""
    expiry_zone: str = "UTC"
    """How the expiry header says the time: `UTC`, or an offset such as `+0100`."""
    sso: set[int] = field(default_factory=set)
    """Organizations for which a classic token is authorized to pass single sign-on."""
    installation: Installation | None = None
    revoked: bool = False
    used_at: datetime | None = None

    @property
    def has_scopes(self) -> bool:
        """Whether it is of the older kinds, which have scopes instead of permissions."""
        return self.kind in {Kind.CLASSIC, Kind.OAUTH}

    def valid(self, now: datetime) -> bool:
        """Whether GitHub knows it at all."""
        return not self.revoked and (self.expires_at is None or now < self.expires_at)

    def selects(self, repository: Repository) -> bool:
        """Whether its permissions are about this repository."""
        if self.owner is None or repository.owner is not self.owner or self.state is not State.APPROVED:
            return False
        return self.access == "all" or (self.access == "selected" and repository.id in self.selected)

    def holds(self, name: str, level: Level) -> bool:
        """Whether it was given this permission, at least at this level."""
        held = self.permissions.get(name)
        return held is not None and held >= level

    @property
    def is_pending(self) -> bool:
        """Whether an organization has not approved it (yet)."""
        return self.state is not State.APPROVED


def with_metadata(permissions: dict[str, Level]) -> dict[str, Level]:
    """The permissions as GitHub stores them: `metadata` is read with any other repository permission."""
    known = vocabulary().permissions
    groups = {known[name].group if name in known else APP_ONLY[name] for name in permissions}
    if Group.REPOSITORY in groups:
        return {"metadata": Level.READ, **permissions}
    return dict(permissions)


APP_ONLY = {
    "checks": Group.REPOSITORY,
    "organization_personal_access_tokens": Group.ORGANIZATION,
    "organization_personal_access_token_requests": Group.ORGANIZATION,
}
"""Permissions that only GitHub Apps can have; each can be read or write."""


def parse_permissions(given: dict[str, str], *, of_an_app: bool = False) -> dict[str, Level]:
    """Permissions by name and word. Raises ValueError for a name or level that GitHub does not publish."""
    known = vocabulary().permissions
    parsed = {name: Level.parse(word) for name, word in given.items()}
    for name, level in parsed.items():
        if of_an_app and name in APP_ONLY and level < Level.ADMIN:
            continue
        if name not in known or level > max(known[name].levels):
            raise ValueError(f"there is no permission {name}={level.word}")
    return parsed


def fine_grained_text() -> str:
    """The text of a new fine-grained token."""
    return f"github_pat_11A{_random(19)}_{_random(59)}"


def checked_text(prefix: str) -> str:
    """The text of a new token of 36 characters after its prefix, the last six being the checksum."""
    body = _random(30)
    return f"{prefix}{body}{checksum(body)}"


def checksum(body: str) -> str:
    """CRC-32 in six digits of base 62."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def stateless_text(app_id: int) -> str:
    """An installation token in the longer shape: `ghs_`, the app, `_`, and three parts joined by dots."""
    parts = [json.dumps({"alg": "ES256", "typ": "JWT"}), json.dumps({"iss": app_id, "jti": _random(24)})]
    spelled = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts]
    signature = base64.urlsafe_b64encode(secrets.token_bytes(64)).rstrip(b"=").decode()
    return f"ghs_{app_id}_{'.'.join([*spelled, signature])}"


def _random(count: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(count))


def waits_for_approval(owner: Account, user: User) -> bool:
    """Whether a new fine-grained token of this user must be approved by the resource owner."""
    if not isinstance(owner, Organization):
        return False
    return owner.policy.approval and owner.members.get(user.id) != "admin"
