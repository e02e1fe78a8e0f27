"""Why Keyhole leaves out what a peer reports: one class for each finding, so that the counts add up.

Most specific first, and decided by the same code that scans. What no class fits is counted as `not argued`.
"""

from __future__ import annotations

import re

from keyhole.scanners.secrets.checks import CHECKSUMS, NORMAL_FORMS, made_up
from keyhole.scanners.secrets.plain import names, values
from keyhole.scanners.secrets.plain.line import assignment
from keyhole.scanners.secrets.plain.names import Kind

NOT_ARGUED = "not argued"
GENERIC = frozenset({"generic-api-key"})
"""Rules of peers that go by names, as the second stage does."""

_PEM = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----", re.IGNORECASE)
_BASE64 = re.compile(rb"[0-9A-Za-z+/]{48,}")
_SHORTEST_KEY = 100  # characters of base64: an EC key has 160
_NEARLY_HEX = re.compile(rb"[0-9A-Za-z]?(?:[0-9A-Fa-f-]+[g-zG-Z_]?){1,3}[0-9A-Fa-f-]*")
_TEST_NAME = re.compile(r"(?i)(?:valid|inactive|pattern)")
_BY_RULE = {
    (
        "slack-legacy",
        "sumologic-access-id",
        "facebook-access-token",
        "alibaba-access-key-id",
    ): "identifiers that open nothing, and formats that ended",
    (
        "sourcegraph-access-token",
        "vault-service-token",
        "bitly-access-token",
    ): "digits or letters with nothing beside them that names them",
    ("curl-auth",): "values in commands that are short, templated, or not what their header says",
}
_FORMAT = (
    "not the provider's format (alphabet, length, checksum), named on another line, or written with escapes"
)
_ADDRESSES = ("connection-string", "credential-uri", "sidekiq-sensitive")
_USER = re.compile(rb"://[^:@/\s]*:([^@\s]*)@")


def reason(rule: str, value: bytes, match: bytes) -> str:
    """The class of one finding of a peer: its rule, the value, and what of the line the peer shows, if anything."""
    if _PEM.search(value):
        return _of_a_key(value)
    if "jwt" in rule:
        return "JSON Web Tokens that are none, are unsigned, are the one of jwt.io, or hold the secret found instead"
    if any(each in rule for each in _ADDRESSES):
        return _of_an_address(value)
    if made_up(value) or values.no_secret(value, b""):
        return "values that say that they are made up, or that are words"
    for rules, why in _BY_RULE.items():
        if rule.startswith(rules):
            return why
    return _of_a_name(value, match) if rule in GENERIC else _FORMAT


def _of_a_key(value: bytes) -> str:
    body = NORMAL_FORMS["private-key"](_PEM.sub(b"", value))
    if _BASE64.search(value) is None or len(body) < _SHORTEST_KEY or b"..." in value:
        return "the words BEGIN and PRIVATE KEY without a key between them"
    return "private keys with headers or lines that no program writes"


def _of_an_address(value: bytes) -> str:
    found = _USER.search(value)
    password = found[1] if found else value
    if CHECKSUMS["password"](password):
        return NOT_ARGUED
    return "addresses whose password is a word, a template or shorter than six characters"


def _of_a_name(value: bytes, match: bytes) -> str:
    at = match.find(value)
    found = assignment(match, at) if at > 0 else None
    if found is None:
        return "nothing is assigned to a name that promises a credential"
    name = found.name.decode("ascii")
    kind = names.kind(name)
    if kind is None and _TEST_NAME.search(name):
        return "patterns and deliberately invalid values of tests, by their names"
    if kind is None:
        return "names of something else: identifiers, versions, fingerprints, prefixes, digests"
    if values.points_elsewhere(found.value, found.quoted, found.rest):
        return "paths, references and code"
    if kind is Kind.KEY and values.is_hex(found.value):
        return "hexadecimal digits under a name that only says key: as often digests"
    if _NEARLY_HEX.fullmatch(found.value):
        return "hexadecimal digits with a letter too many: a test's invalid value"
    return "values too short, or too much like words, for a credential"
