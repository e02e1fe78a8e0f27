"""The text of a token: `khp_`, 43 base62 characters from 256 random bits, 6 of checksum.

The checksum is CRC-32 (zlib) of the 43, in base62 with leading zeros: the construction of GitHub's own tokens, under
another prefix, so that no scanner takes ours for theirs. It keeps typing errors and guesses from the database.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from secrets import token_bytes

from keyhole.core.secret import Secret

PREFIX = "khp_"
API_PREFIX = "kha_"
"""Of API tokens, which people make for Keyhole's own API; same construction, and never taken by the gateway."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES = 32
_BODY_LENGTH = 43
_CHECKSUM_LENGTH = 6
LENGTH = len(PREFIX) + _BODY_LENGTH + _CHECKSUM_LENGTH
"""Characters of every token: 53."""
_SHAPE = re.compile(rf"kh[pa]_[0-9A-Za-z]{{{_BODY_LENGTH + _CHECKSUM_LENGTH}}}")

_OTHER_KINDS = (
    (API_PREFIX, "API token of Keyhole"),
    ("github_pat_", "GitHub fine-grained token"),
    ("ghp_", "GitHub classic token"),
    ("gho_", "GitHub OAuth token"),
    ("ghu_", "GitHub App user token"),
    ("ghs_", "GitHub App installation token"),
    ("ghr_", "GitHub refresh token"),
    ("glpat-", "GitLab token"),
    ("gloas-", "GitLab OAuth secret"),
    ("gldt-", "GitLab deploy token"),
    ("glcbt-", "GitLab job token"),
    ("ATBB", "Bitbucket app password"),
    ("ATCTT", "Bitbucket access token"),
    ("ATATT", "Atlassian token"),
    ("AKIA", "AWS access key id"),
    ("ASIA", "AWS temporary access key id"),
    ("npm_", "npm token"),
    ("pypi-", "PyPI token"),
    ("dckr_pat_", "Docker token"),
    ("xox", "Slack token"),
    ("sk-", "API key of a model provider"),
    ("eyJ", "JSON Web Token"),
)


def mint(random: Callable[[int], bytes] = token_bytes, prefix: str = PREFIX) -> Secret:
    """A new token. `random` returns that many unpredictable bytes; only tests pass their own."""
    drawn = random(_RANDOM_BYTES)
    if len(drawn) != _RANDOM_BYTES:
        raise ValueError(f"wanted {_RANDOM_BYTES} random bytes, was given {len(drawn)}")
    body = _base62(int.from_bytes(drawn, "big"), _BODY_LENGTH)
    return Secret(f"{prefix}{body}{checksum(body)}")


def is_well_formed(text: str, prefix: str = PREFIX) -> bool:
    """Whether `text`, to the last character, could be a token that `mint` made. Looks nothing up."""
    if len(text) != LENGTH or _SHAPE.fullmatch(text) is None or not text.startswith(prefix):
        return False
    body = text[len(prefix) : -_CHECKSUM_LENGTH]
    return text[-_CHECKSUM_LENGTH:] == checksum(body)


def hash_of(secret: Secret) -> bytes:
    """SHA-256 of the text, 32 bytes: all that is ever stored of a token.

    No salt and no slow hash: the token holds 256 random bits, so there is nothing to guess.
    """
    return hashlib.sha256(secret.reveal().encode("utf-8", "surrogatepass")).digest()


def other_kind(text: str) -> str | None:
    """The kind of another system's credential, by its published prefix, for the log; None when not known."""
    return next((kind for prefix, kind in _OTHER_KINDS if text.startswith(prefix)), None)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def checksum(body: str) -> str:
    """CRC-32 (zlib) of the text, as six base62 digits: GitHub's construction, and ours."""
    return _base62(zlib.crc32(body.encode("ascii")), _CHECKSUM_LENGTH)
