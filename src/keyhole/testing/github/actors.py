"""Who is asking: nobody, a token, or an app with its JSON web token."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from keyhole.testing.github.answers import Problem, Source
from keyhole.testing.github.apps import App, BadJwt, app_of_jwt
from keyhole.testing.github.tokens import SandboxToken
from keyhole.testing.github.world import User, World


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. Without token and app it is anybody."""

    token: SandboxToken | None = None
    app: App | None = None

    @property
    def user(self) -> User | None:
        """The person behind it."""
        return self.token.user if self.token is not None else None

    @property
    def user_or_app(self) -> str:
        """How GitHub's messages name it."""
        if self.user is not None:
            return self.user.login
        if self.token is not None and self.token.installation is not None:
            return f"{self.token.installation.app.slug}[bot]"
        return "anonymous"


def authenticate(world: World, header: str | None) -> Actor:
    """Who the `Authorization` header says it is. Raises Problem 401 for a credential that is none (any more)."""
    if not header:
        return Actor()
    scheme, _, rest = header.strip().partition(" ")
    text = rest.strip()
    if scheme.lower() == "basic":
        text = _password(text)
    elif scheme.lower() not in {"bearer", "token"}:
        raise bad_credentials()
    if text.count(".") == 2 and not text.startswith("ghs_"):
        if scheme.lower() != "bearer":
            raise bad_credentials()
        try:
            return Actor(app=app_of_jwt(world, text))
        except BadJwt as problem:
            raise Problem(401, str(problem), source=Source.DERIVED) from None
    token = world.tokens.get(text)
    if token is None or not token.valid(world.now()):
        raise bad_credentials()
    installation = token.installation
    if installation is not None and installation.suspended_at is not None:
        raise Problem(403, "This installation has been suspended")
    token.used_at = world.now()
    return Actor(token)


def _password(encoded: str) -> str:
    """What stands after the colon; before it, if nothing does: git helpers differ."""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise bad_credentials() from None
    return password if password and password != "x-oauth-basic" else user


def bad_credentials() -> Problem:
    """Expired, revoked, unknown and malformed look the same."""
    return Problem(401, "Bad credentials", doc="https://docs.github.com/rest", source=Source.RECORDED)
