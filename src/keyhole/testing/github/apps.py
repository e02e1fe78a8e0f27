"""GitHub Apps of the sandbox: an id, a public key, and the accounts that installed them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from keyhole.core.permissions import Level
from keyhole.testing.github.world import Account, World


@dataclass(eq=False, slots=True)
class App:
    """A GitHub App."""

    id: int
    slug: str
    name: str
    owner: Account
    permissions: dict[str, Level]
    created_at: datetime
    public_key: str
    private_key: str = field(repr=False)
    """PEM, as GitHub lets one download it; what tests hand to the code that they test."""
    stateless_tokens: bool = False
    """Whether its installation tokens have the longer shape of 2026."""


@dataclass(eq=False, slots=True)
class Installation:
    """An app, installed on an account."""

    id: int
    app: App
    account: Account
    access: str
    """`all` or `selected`."""
    selected: set[int]
    permissions: dict[str, Level]
    created_at: datetime
    suspended_at: datetime | None = None


def new_key() -> tuple[str, str]:
    """A new RSA key pair: private and public, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


class BadJwt(Exception):
    """The JSON web token proves nothing; the text is GitHub's answer."""


def app_of_jwt(world: World, text: str) -> App:
    """The app that signed this JSON web token. Raises BadJwt with the words of GitHub's answer.

    GitHub wants RS256, `iss` the app's id or client id, `iat` in the past and `exp` at most ten minutes ahead.
    """
    try:
        claims = jwt.decode(text, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise BadJwt("A JSON web token could not be decoded") from None
    app = world.apps.get(int(claims["iss"])) if str(claims.get("iss", "")).isdigit() else None
    if app is None:
        raise BadJwt("Integration not found")
    try:
        jwt.decode(
            text, app.public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
    except jwt.PyJWTError:
        raise BadJwt("A JSON web token could not be decoded") from None
    _check_times(claims, int(world.now().timestamp()))
    return app


def _check_times(claims: dict[str, object], now: int) -> None:
    issued, ends = claims.get("iat"), claims.get("exp")
    if not isinstance(ends, int) or ends <= now:
        raise BadJwt(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
            "assertion expires"
        )
    if ends > now + 660:
        raise BadJwt("'Expiration time' claim ('exp') is too far in the future")
    if not isinstance(issued, int) or issued > now + 60:
        raise BadJwt(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
