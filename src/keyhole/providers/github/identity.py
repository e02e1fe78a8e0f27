"""Whose credential it is, of which kind, and until when.

Headers tell the kinds apart better than prefixes do: answers to classic and OAuth tokens name their scopes, answers to
all others do not (recorded: 401 of 401, and 0 of 228). The expiration comes in a header that no page documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from keyhole.core.github_credentials import CredentialKind, recognise
from keyhole.core.secret import Secret
from keyhole.providers.github.client import Answer, GitHub
from keyhole.providers.github.problems import GitHubProblem, ProblemKind, shown
from keyhole.providers.outgoing import Headers

EXPIRATION = "github-authentication-token-expiration"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a credential makes GitHub see."""

    login: str
    """The person's login; for an installation that of the account it is on, empty if it reaches nothing."""
    id: int
    """Immutable number of that account; 0 when it is not known."""
    name: str
    """The person's name as they show it; empty when they show none."""
    kind: CredentialKind
    expires_at: datetime | None
    """None when there is no expiration, or when GitHub tells none."""
    scopes: tuple[str, ...] | None
    """Scopes of a classic or OAuth token; None for kinds that have no scopes."""


def identify(github: GitHub) -> Identity:
    """Ask GitHub whose credential this is. GitHubProblem when it is not accepted."""
    try:
        answer = github.get("/user")
    except GitHubProblem as problem:
        if problem.kind is ProblemKind.PERMISSION_MISSING and "integration" in problem.said.lower():
            return _installation(github)
        raise
    account = answer.data if isinstance(answer.data, dict) else {}
    login, number = account.get("login"), account.get("id")
    if not isinstance(login, str) or not isinstance(number, int):
        raise GitHubProblem(
            ProblemKind.OTHER,
            answered=answer.status,
            message=f"{github.instance.name} did not tell whose credential it is.",
        )
    found = expiration(answer.headers)
    if found is not None:
        github.expires_at = found
    return Identity(
        login, number, shown(account.get("name")), _kind(github, answer), found, scopes(answer.headers)
    )


def _installation(github: GitHub) -> Identity:
    """An installation is nobody; it is named after the account whose repositories it reaches."""
    answer = github.get("/installation/repositories", query={"per_page": 1})
    rows = answer.data.get("repositories") if isinstance(answer.data, dict) else None
    first = rows[0] if isinstance(rows, list) and rows else {}
    owner = first.get("owner") if isinstance(first, dict) else None
    owner = owner if isinstance(owner, dict) else {}
    return Identity(
        shown(owner.get("login")),
        owner["id"] if isinstance(owner.get("id"), int) else 0,
        "",
        CredentialKind.INSTALLATION,
        expiration(answer.headers),
        None,
    )


def _kind(github: GitHub, answer: Answer) -> CredentialKind:
    return kind_of(github.credential, answer.headers)


def kind_of(credential: Secret | None, headers: Headers) -> CredentialKind:
    """The kind, by an answer's headers and then by the text's shape."""
    shape = recognise(credential.reveal()).kind if credential is not None else CredentialKind.UNKNOWN
    scoped = (CredentialKind.CLASSIC, CredentialKind.OAUTH)
    if "x-oauth-scopes" in headers:
        # User tokens of Apps have an empty list of scopes on some servers.
        return shape if shape in (*scoped, CredentialKind.APP_USER) else CredentialKind.CLASSIC
    if shape in (*scoped, CredentialKind.UNKNOWN) and (
        "x-accepted-github-permissions" in headers or EXPIRATION in headers
    ):
        return CredentialKind.FINE_GRAINED
    return shape


def scopes(headers: Headers) -> tuple[str, ...] | None:
    """The scopes that an answer names; None when it names none at all."""
    if "x-oauth-scopes" not in headers:
        return None
    parts = headers.get("x-oauth-scopes").split(",")
    return tuple(shown(part.strip()) for part in parts if part.strip())


def expiration(headers: Headers) -> datetime | None:
    """When the credential ends: `2026-02-06 07:42:23 +0100` or `2026-09-19 08:26:39 UTC`; None when not told."""
    text = headers.get(EXPIRATION).strip().replace(" UTC", " +0000")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
