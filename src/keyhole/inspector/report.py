"""The report: what was found, what it rests on, and what could not be found. It never holds the credential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.core.github_credentials import CredentialKind
from keyhole.core.permissions import Level

SCOPED = frozenset({CredentialKind.CLASSIC, CredentialKind.OAUTH})
"""Kinds that have scopes, and no permissions."""
VERSION = 1
"""Format of the stored form. Fields are only ever added."""


class Verdict(StrEnum):
    """What is known of one permission at one level."""

    GRANTED = "granted"
    NOT_GRANTED = "not granted"
    UNPROVABLE = "not provable"


class Approval(StrEnum):
    """What the organization that owns the credential said, as far as answers show it."""

    NOT_NEEDED = "not needed"
    """The resource owner is a user, or there is none."""
    APPROVED = "approved"
    """It reaches something private of the organization, which a waiting or denied token does not."""
    UNKNOWN = "unknown"
    """Nothing private was reached: it waits for approval, was denied, or selects nothing private."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One answer of GitHub's that a verdict rests on."""

    request: str
    """Method and path, for example `GET /repos/harbour/tide-api/hooks`."""
    status: int
    """HTTP status; 0 when there was no answer."""
    accepted: str
    """Value of `X-Accepted-GitHub-Permissions`; empty when it was not sent."""
    reason: str
    """What the answer tells, or why it tells nothing, in a sentence."""

    def as_json(self) -> dict[str, Any]:
        """For the stored form."""
        return {
            "request": self.request,
            "status": self.status,
            "accepted": self.accepted,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One permission at one level."""

    permission: str
    level: Level
    verdict: Verdict
    reason: str
    """Why, in a sentence."""
    evidence: tuple[Evidence, ...] = ()
    """The answers that it rests on; for what is not provable, the answers that told nothing."""

    def as_json(self) -> dict[str, Any]:
        """For the stored form."""
        return {
            "permission": self.permission,
            "level": self.level.word,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "evidence": [each.as_json() for each in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Reached:
    """A repository, and whether the credential's permissions hold for it."""

    id: int
    """GitHub's immutable id."""
    full_name: str
    private: bool
    reached: Verdict
    """Whether it is one that the credential's permissions are about."""
    how: str
    """How that is known, in a sentence."""
    role: str
    """What the user may do there: `admin`, `maintain`, `push`, `triage`, `pull`, or empty where not told."""

    def as_json(self) -> dict[str, Any]:
        """For the stored form."""
        return {
            "id": self.id,
            "full_name": self.full_name,
            "private": self.private,
            "reached": self.reached.value,
            "how": self.how,
            "role": self.role,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What a credential can do, as far as requests that change nothing can tell."""

    web: str
    """Address of the GitHub that was asked."""
    kind: str
    """A `CredentialKind` of `core/github_credentials.py`."""
    kind_known_by: str
    """How the kind is known, in a sentence."""
    login: str
    """The user, or the app, that the credential acts as."""
    owner: str
    """The resource owner; empty while unknown."""
    owner_kind: str
    """`user`, `organization`, or empty while unknown."""
    owner_known_by: str
    expires_at: datetime | None
    """None is no expiration, or one that GitHub does not tell; `expiration` says which."""
    expiration: str
    """The expiration in a sentence."""
    scopes: tuple[str, ...]
    """The scopes of a classic token; empty for every other kind."""
    approval: Approval
    advice: tuple[str, ...]
    """What to know and do about this credential, one sentence each."""
    repositories: tuple[Reached, ...]
    repositories_left: int
    """How many more repositories GitHub lists that were not asked about."""
    findings: tuple[Finding, ...]
    not_asked: tuple[str, ...]
    """What was left out and why, in sentences; empty when everything was asked."""
    complete: bool
    """Whether asking came to its end. If not, `not_asked` says why and what was still open."""
    requests: int
    """How many requests it took."""
    checked_at: datetime

    def finding(self, permission: str, level: Level) -> Finding | None:
        """What was found of a permission at a level; None when it was not looked at."""
        return next(
            (each for each in self.findings if (each.permission, each.level) == (permission, level)), None
        )

    def held(self) -> dict[str, Level]:
        """The permissions that are proved, each at the highest level that is."""
        held: dict[str, Level] = {}
        for each in self.findings:
            if each.verdict is Verdict.GRANTED:
                held[each.permission] = max(each.level, held.get(each.permission, each.level))
        return held

    @property
    def scoped(self) -> bool:
        """Whether it has scopes in the place of permissions, so that it cannot be held to anything less."""
        return self.kind in SCOPED

    def as_json(self) -> dict[str, Any]:
        """The report as plain data, to store and to print."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {
            "version": VERSION,
            **plain,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "scopes": list(self.scopes),
            "approval": self.approval.value,
            "advice": list(self.advice),
            "repositories": [each.as_json() for each in self.repositories],
            "findings": [each.as_json() for each in self.findings],
            "not_asked": list(self.not_asked),
            "checked_at": self.checked_at.isoformat(),
        }


_PLAIN = (
    "web",
    "kind",
    "kind_known_by",
    "login",
    "owner",
    "owner_kind",
    "owner_known_by",
    "expiration",
    "repositories_left",
    "requests",
    "complete",
)


def from_json(stored: Mapping[str, Any]) -> Report:
    """The report that `as_json` gave. Raises InvalidInput for anything else, a later version included."""
    try:
        if stored["version"] != VERSION:
            raise ValueError(f"version {stored['version']!r}")
        return _report(stored)
    except (KeyError, TypeError, ValueError) as problem:
        raise InvalidInput(
            f"This is not a report that Keyhole can read ({problem}).", hint="Check the credential again."
        ) from problem


def _report(stored: Mapping[str, Any]) -> Report:
    expires_at = stored["expires_at"]
    return Report(
        **{name: stored[name] for name in _PLAIN},
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        scopes=tuple(stored["scopes"]),
        approval=Approval(stored["approval"]),
        advice=tuple(stored["advice"]),
        repositories=tuple(
            Reached(**{**each, "reached": Verdict(each["reached"])}) for each in stored["repositories"]
        ),
        findings=tuple(_finding(each) for each in stored["findings"]),
        not_asked=tuple(stored["not_asked"]),
        checked_at=datetime.fromisoformat(stored["checked_at"]),
    )


def _finding(stored: Mapping[str, Any]) -> Finding:
    return Finding(
        stored["permission"],
        Level.parse(stored["level"]),
        Verdict(stored["verdict"]),
        stored["reason"],
        tuple(Evidence(**each) for each in stored["evidence"]),
    )
