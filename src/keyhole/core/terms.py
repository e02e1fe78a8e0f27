"""The terms in which findings are told: their grades, kinds and ids, and how much they show.

Apart from the types of findings: the process that reads a repository names them, and leaves making findings of what it
tells to the one that started it.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

LAST4_FROM = 16
"""A secret shorter than this shows none of its characters: four would be too large a part of it."""
MAX_LOCATIONS = 50
"""How many locations a finding names; `occurrences` counts them all."""


class Severity(StrEnum):
    """How bad it is if the finding is true, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Confidence(StrEnum):
    """How sure the rule is that the finding is true."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Kind(StrEnum):
    """What sort of defect it is: pages, policies and decisions tell findings apart by this, never by the scanner."""

    SECRET = "secret"  # noqa: S105 - a word, no secret
    VULNERABILITY = "vulnerability"
    MALICIOUS = "malicious"
    WORKFLOW = "workflow"
    INFRASTRUCTURE = "infrastructure"
    CODE = "code"
    LICENCE = "licence"
    OTHER = "other"


class Place(StrEnum):
    """What kind of text of the repository holds the finding."""

    FILE = "file"
    COMMIT_MESSAGE = "commit message"
    TAG_MESSAGE = "tag message"


def whereabouts(place: str, path: str, line: int, commit: str) -> str:
    """Where a finding is, as people read it: `app.py:3`, or which line of the message of which commit or tag."""
    match place:
        case Place.COMMIT_MESSAGE:
            return f"line {line} of the message of commit {commit[:10]}"
        case Place.TAG_MESSAGE:
            return f"line {line} of the message of {f'tag {path}' if path else 'a tag'}"
        case _:
            return f"{path}:{line}"


class Status(StrEnum):
    """Whether a scan saw everything it was asked to see."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"


def finding_id(scanner: str, fingerprint: str) -> str:
    """The id of the finding with this fingerprint: the same in every scan that uses the same HMAC secret."""
    return hashlib.sha256(f"{scanner}\0{fingerprint}".encode()).hexdigest()[:16]
