"""What kind of GitHub credential a text is, by its shape alone, and what to advise about it.

The shape is a first guess, made before anything is sent: an answer's headers tell the kind for certain
(`providers.github.identity`). Tokens of 40 characters carry a checksum in their last six, so a mistyped one is noticed
here; for fine-grained tokens none is published.
Source: docs.github.com, "About authentication to GitHub" and "Token expiration and revocation".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from keyhole.core.token_text import PREFIX, checksum, other_kind

LONGEST = 4096
"""Characters of the longest credential that is looked at; installation tokens of the new shape have about 700."""


class CredentialKind(StrEnum):
    """The kinds of credentials that GitHub issues."""

    CLASSIC = "classic"
    FINE_GRAINED = "fine_grained"
    OAUTH = "oauth"
    APP_USER = "app_user"
    INSTALLATION = "installation"
    REFRESH = "refresh"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to tell a person who brings a credential of some kind."""

    title: str
    """The kind, in GitHub's words."""
    usable: bool
    """Whether requests can be made with it at all."""
    advice: str
    """What it means to use it here, and what is better; empty when nothing is."""


ADVICE: Mapping[CredentialKind, Advice] = MappingProxyType(
    {
        CredentialKind.FINE_GRAINED: Advice("Fine-grained personal access token", True, ""),
        CredentialKind.CLASSIC: Advice(
            "Personal access token (classic)",
            True,
            "It reaches everything its owner reaches, within its scopes, in all organizations; it cannot be held to "
            "chosen repositories. A fine-grained token can: generate one, and delete this one.",
        ),
        CredentialKind.OAUTH: Advice(
            "OAuth app token",
            True,
            "It belongs to an app that somebody signed in to (often the gh command), reaches everything that app was "
            "allowed, and ends when it is signed out. Generate a fine-grained token for this purpose instead.",
        ),
        CredentialKind.APP_USER: Advice(
            "GitHub App user token",
            True,
            "It ends after eight hours. For a connection that lasts, generate a fine-grained token or connect the App "
            "itself.",
        ),
        CredentialKind.INSTALLATION: Advice(
            "GitHub App installation token",
            True,
            "It ends after one hour. Connect the App itself (its id and private key): then a new one, held to the "
            "repositories and permissions needed, is made for each task.",
        ),
        CredentialKind.REFRESH: Advice(
            "GitHub App refresh token",
            False,
            "It only renews user tokens of a GitHub App and cannot be used in requests. Generate a fine-grained token, "
            "and keep this one secret.",
        ),
        CredentialKind.UNKNOWN: Advice(
            "Unknown kind of credential",
            True,
            "It has none of the shapes of GitHub's tokens. GitHub's answer tells what it is.",
        ),
    }
)
"""One entry per kind."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the shape tells."""

    kind: CredentialKind
    problem: str = ""
    """Why it cannot be right as it is (cut off, mistyped, another system's), for people; empty when it may be."""

    @property
    def advice(self) -> Advice:
        """What to tell about the kind."""
        return ADVICE[self.kind]


_ALNUM_40 = re.compile(r"(gh[pous])_([0-9A-Za-z]{36})")
_STATELESS = re.compile(r"ghs_[0-9]+_[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+")
_FINE_GRAINED = re.compile(r"github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}")
_REFRESH = re.compile(r"ghr_[0-9A-Za-z]{76}")
_PREFIXES = (
    ("github_pat_", CredentialKind.FINE_GRAINED, 93),
    ("ghp_", CredentialKind.CLASSIC, 40),
    ("gho_", CredentialKind.OAUTH, 40),
    ("ghu_", CredentialKind.APP_USER, 40),
    ("ghs_", CredentialKind.INSTALLATION, 40),
    ("ghr_", CredentialKind.REFRESH, 80),
)


def recognise(text: str) -> Recognised:
    """The kind of credential that the text, to its last character, has the shape of. Nothing is stripped.

    A text with a known prefix and a wrong rest keeps that kind and gets a problem.
    """
    if not text:
        return Recognised(CredentialKind.UNKNOWN, "There is no token.")
    if len(text) > LONGEST:
        return Recognised(CredentialKind.UNKNOWN, "That is too long for a token.")
    if re.fullmatch(r"[\x21-\x7e]+", text) is None:
        return Recognised(
            CredentialKind.UNKNOWN,
            "A token has no spaces, line ends or accents: copy the token and nothing else.",
        )
    for prefix, kind, length in _PREFIXES:
        if text.startswith(prefix):
            return Recognised(kind, _problem(text, length))
    return Recognised(CredentialKind.UNKNOWN, _foreign(text))


def _problem(text: str, length: int) -> str:
    if _FINE_GRAINED.fullmatch(text) or _REFRESH.fullmatch(text) or _STATELESS.fullmatch(text):
        return ""
    whole = _ALNUM_40.fullmatch(text)
    if whole is not None:
        body = whole[2]
        return (
            ""
            if checksum(body[:-6]) == body[-6:]
            else "Its checksum is wrong: a character was mistyped or lost."
        )
    if len(text) != length:
        return f"It has {len(text)} characters where {length} are expected: copy the whole token and nothing else."
    return "It has characters that tokens do not have: copy the token and nothing else."


def _foreign(text: str) -> str:
    if text.startswith(PREFIX):
        return "That is a token of Keyhole, not of GitHub."
    if re.match(r"https?://", text):
        return "That is an address, not a token."
    if text.startswith(("-----BEGIN", "ssh-")):
        return "That is a key, not a token."
    if text.startswith("eyJ"):  # GitHub's own App tokens (JWT) begin so, too
        return ""
    other = other_kind(text)
    return f"That looks like another system's credential: {other}." if other else ""
