"""A GitHub App: signed as itself, it lists where it is installed and makes tokens held to one task.

Source: docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App", REST API "Apps": a JWT lives for ten
minutes at most, an installation token for one hour, and it may be narrowed to at most 500 repositories and to fewer
permissions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level
from keyhole.core.request import OwnerKind
from keyhole.core.secret import Secret
from keyhole.providers.github.client import GitHub, at
from keyhole.providers.github.instance import Instance
from keyhole.providers.github.problems import GitHubProblem, ProblemKind, shown
from keyhole.providers.outgoing import Outgoing

MOST_REPOSITORIES = 500
"""Repositories that one token may be held to."""
_SIGNED_FOR = 540
_CLOCK_SLACK = 60
_RENEW_BEFORE = timedelta(minutes=5)
_MOST_CACHED = 256

_Wanted = tuple[int, frozenset[int], frozenset[tuple[str, Level]]]


@dataclass(frozen=True, slots=True)
class Installation:
    """An account that the App is installed on."""

    id: int
    account_login: str
    account_id: int
    account_kind: OwnerKind
    all_repositories: bool
    """Whether it reaches every repository of the account, also those made later."""
    permissions: Mapping[str, str]
    """The most that a token of it can get, in GitHub's words."""
    suspended: bool


@dataclass(frozen=True, slots=True)
class InstallationToken:
    """A token for one installation."""

    secret: Secret
    expires_at: datetime
    permissions: Mapping[str, str] = field(default_factory=dict)
    """What GitHub says that it may, in GitHub's words."""


class App:
    """One App on one GitHub. Keeps tokens until shortly before they expire; threads may share it."""

    def __init__(
        self,
        instance: Instance,
        app_id: str,
        private_key: Secret,
        outgoing: Outgoing,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`app_id`: the number, or the client id. InvalidInput when the key is no RSA private key in PEM form."""
        if not (app_id.isascii() and app_id.replace(".", "").isalnum() and len(app_id) <= 40):
            raise InvalidInput("That is not the id of a GitHub App.", field="app_id", hint="Its page has it.")
        self.instance = instance
        self._app_id = app_id
        self._key = _read(private_key)
        self._outgoing = outgoing
        self._clock = clock
        self._kept: dict[_Wanted, InstallationToken] = {}
        self._lock = threading.Lock()

    def describe(self) -> str:
        """The App's name on GitHub: proof that id and key belong together. GitHubProblem otherwise."""
        told = self._as_itself().get("/app").data
        return shown(told.get("name")) if isinstance(told, dict) else ""

    def installations(self) -> list[Installation]:
        """Every account that the App is installed on."""
        return [_installation(self.instance, row) for row in self._as_itself().pages("/app/installations")]

    def installation_token(
        self,
        installation_id: int,
        repository_ids: Iterable[int] = (),
        permissions: Mapping[str, Level] | None = None,
    ) -> InstallationToken:
        """A token for at most these repositories and permissions; none named means all of the installation's.

        One that was made for the same is given again until shortly before it expires. GitHubProblem when GitHub
        refuses, or gives more than was asked for.
        """
        ids, asked = frozenset(repository_ids), permissions or {}
        if len(ids) > MOST_REPOSITORIES:
            raise InvalidInput(
                f"A token can be held to {MOST_REPOSITORIES} repositories, not to {len(ids)}.",
                field="repositories",
                hint="Ask for them in several tokens, or for all of the installation.",
            )
        wanted = (installation_id, ids, frozenset(asked.items()))
        now = datetime.fromtimestamp(self._clock(), UTC)
        with self._lock:
            kept = self._kept.get(wanted)
        if kept is not None and kept.expires_at - _RENEW_BEFORE > now:
            return kept
        made = self._make(installation_id, ids, asked)
        with self._lock:
            self._kept = {each: token for each, token in self._kept.items() if token.expires_at > now}
            if len(self._kept) < _MOST_CACHED:
                self._kept[wanted] = made
        return made

    def forget(self, token: InstallationToken) -> None:
        """Do not give this token again: somebody saw it refused."""
        with self._lock:
            self._kept = {each: kept for each, kept in self._kept.items() if kept is not token}

    def _make(
        self, installation_id: int, ids: frozenset[int], asked: Mapping[str, Level]
    ) -> InstallationToken:
        body: dict[str, Any] = {}
        if ids:
            body["repository_ids"] = sorted(ids)
        if asked:
            body["permissions"] = {name: level.word for name, level in sorted(asked.items())}
        path = f"{at('app', 'installations', installation_id)}/access_tokens"
        answer = self._as_itself().request("POST", path, body=body)
        told = answer.data if isinstance(answer.data, dict) else {}
        token = _token(told)
        if token is None:
            raise self._refused("did not give a token in a form that is understood")
        if ids and (told.get("repository_selection") == "all" or _ids(told.get("repositories")) - ids):
            raise self._refused("gave a token for more repositories than were asked for")
        if asked and not all(_within(name, word, asked) for name, word in token.permissions.items()):
            raise self._refused("gave a token with more permissions than were asked for")
        return token

    def _as_itself(self) -> GitHub:
        now = int(self._clock())
        claims = {"iat": now - _CLOCK_SLACK, "exp": now + _SIGNED_FOR, "iss": self._app_id}
        signed = Secret(jwt.encode(claims, self._key, algorithm="RS256"))
        return GitHub(self.instance, signed, self._outgoing, clock=self._clock)

    def _refused(self, what: str) -> GitHubProblem:
        return GitHubProblem(ProblemKind.OTHER, message=f"{self.instance.name} {what}; it was not used.")


def _read(private_key: Secret) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(private_key.reveal().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None  # outside of the handler, so that no text about the key is chained to the error
    if not isinstance(key, RSAPrivateKey):
        raise InvalidInput(
            "That is not the private key of a GitHub App.",
            field="private_key",
            hint="Generate one on the App's page and give the whole .pem file, from BEGIN to END.",
        )
    return key


def _token(told: Mapping[str, Any]) -> InstallationToken | None:
    text, ends = told.get("token"), told.get("expires_at")
    try:
        expires_at = datetime.fromisoformat(ends) if isinstance(ends, str) else None
    except ValueError:
        return None
    if not isinstance(text, str) or not text or expires_at is None or expires_at.tzinfo is None:
        return None
    return InstallationToken(Secret(text), expires_at.astimezone(UTC), _words(told.get("permissions")))


def _ids(told: object) -> set[object]:
    """Ids of the repositories that the answer lists; None among them for what has no id."""
    return (
        {row.get("id") if isinstance(row, dict) else None for row in told}
        if isinstance(told, list)
        else set()
    )


def _within(name: str, word: str, asked: Mapping[str, Level]) -> bool:
    if name == "metadata" and word == "read":  # comes with every other permission
        return True
    try:
        return name in asked and Level.parse(word) <= asked[name]
    except ValueError:
        return False


def _words(told: object) -> dict[str, str]:
    return {shown(name): shown(level) for name, level in told.items()} if isinstance(told, dict) else {}


def _installation(instance: Instance, row: Any) -> Installation:
    try:
        account = row["account"]
        return Installation(
            id=int(row["id"]),
            account_login=shown(account["login"]),
            account_id=int(account["id"]),
            account_kind=OwnerKind.ORGANIZATION if account.get("type") == "Organization" else OwnerKind.USER,
            all_repositories=row.get("repository_selection") == "all",
            permissions=_words(row.get("permissions")),
            suspended=row.get("suspended_at") is not None,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise GitHubProblem(
            ProblemKind.OTHER,
            message=f"{instance.name} described an installation in a way that is not understood.",
        ) from None
