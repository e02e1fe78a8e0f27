"""One sealed secret: AES-256-GCM under a data key of its own, which is wrapped by a key of the ring.

Both parts are bound to the place that they were made for, and the wrapped data key also to the key of the ring: what
is changed, cut short, or put into another row, field or table does not open. A data key encrypts once and is never
used again; only wrapping uses a key of the ring many times, with a random nonce each time, which NIST SP 800-38D
allows 2**32 times.

The format, which stored rows depend on: one byte of version, 12 of nonce, ciphertext with its tag of 16.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret
from keyhole.vault.keyring import Key
from keyhole.vault.problems import Tampered

LARGEST = 65_536
"""Bytes of the longest secret that is kept; a private key of 16,384 bits has 13,000."""
_VERSION = b"\x01"
_NONCE = 12
_TAG = 16
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret belongs. ValueError for what is not a name or an id."""

    table: str
    """Which rows, for example `connection`: lower-case letters, digits, underscores."""
    row: int
    """Their id, positive."""
    field: str
    """Which secret of the row, for example `credential`."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.table) or not _NAME.fullmatch(self.field):
            raise ValueError(f"not the names of a table and a field: {self.table!r}, {self.field!r}")
        if type(self.row) is not int or not 0 < self.row < 1 << 63:
            raise ValueError(f"not the id of a row: {self.row!r}")

    def __str__(self) -> str:
        return f"{self.table} {self.row} ({self.field})"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is stored of a secret; of no use without the ring."""

    key_id: str
    """Which key of the ring wraps the data key."""
    wrapped: bytes
    """The data key, encrypted."""
    sealed: bytes
    """The secret, encrypted under the data key."""


def bound(*parts: str) -> bytes:
    """Texts as one, each behind its length: no two lists of texts come out the same."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal(key: Key, place: Place, secret: Secret) -> Envelope:
    """The secret, sealed for this place. InvalidInput when it is empty, too long, or no text."""
    try:
        text = secret.reveal().encode()
    except UnicodeEncodeError:
        raise InvalidInput("A secret with broken characters cannot be kept.") from None
    if not 0 < len(text) <= LARGEST:
        raise InvalidInput(f"A secret has from 1 to {LARGEST:,} bytes; this one has {len(text):,}.")
    data_key = os.urandom(32)
    return Envelope(
        key_id=key.id,
        wrapped=_encrypt(key.material(), data_key, _wrapping(place, key.id)),
        sealed=_encrypt(data_key, text, _sealing(place)),
    )


def unseal(key: Key, place: Place, envelope: Envelope) -> Secret:
    """The secret that was sealed for this place. Tampered when anything at all about it is different."""
    data_key = _data_key(key, place, envelope)
    return Secret(_decrypt(data_key, envelope.sealed, _sealing(place), place).decode())


def rewrap(old: Key, new: Key, place: Place, envelope: Envelope) -> Envelope:
    """The same secret under another key of the ring. Tampered when it could not be revealed either.

    The secret itself is not encrypted anew: the nonce of its data key would have to be a second one.
    """
    unseal(old, place, envelope)
    data_key = _data_key(old, place, envelope)
    moved = _encrypt(new.material(), data_key, _wrapping(place, new.id))
    return Envelope(new.id, moved, envelope.sealed)


def _data_key(key: Key, place: Place, envelope: Envelope) -> bytes:
    data_key = _decrypt(key.material(), envelope.wrapped, _wrapping(place, envelope.key_id), place)
    if len(data_key) != 32 or key.id != envelope.key_id:
        raise _refusal(place)
    return data_key


def _wrapping(place: Place, key_id: str) -> bytes:
    return bound("keyhole data key", place.table, str(place.row), place.field, key_id)


def _sealing(place: Place) -> bytes:
    return bound("keyhole secret", place.table, str(place.row), place.field)


def _encrypt(key: bytes, text: bytes, associated: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, text, associated)


def _decrypt(key: bytes, stored: bytes, associated: bytes, place: Place) -> bytes:
    if stored[:1] != _VERSION or len(stored) <= 1 + _NONCE + _TAG:
        raise _refusal(place)
    try:
        return AESGCM(key).decrypt(stored[1 : 1 + _NONCE], stored[1 + _NONCE :], associated)
    except InvalidTag:
        raise _refusal(place) from None


def _refusal(place: Place) -> Tampered:
    return Tampered(
        f"The sealed secret of {place} is not what was kept there, so it is not used.",
        hint="It was changed, moved or cut short. Enter the secret anew, or restore a backup.",
    )
