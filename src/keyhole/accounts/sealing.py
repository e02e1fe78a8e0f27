"""Small secrets of people at rest: readable with the data folder's `django.secret`, not with the database alone.

Not the vault: that holds what opens other systems, and may be sealed. People must be able to sign in then too.
"""

from __future__ import annotations

from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE = 12


def seal(place: str, plain: bytes) -> bytes:
    """The bytes, encrypted for this place (such as `totp:7`): moved to another one they cannot be opened."""
    nonce = token_bytes(_NONCE)
    return nonce + _cipher().encrypt(nonce, plain, place.encode())


def unseal(place: str, sealed: bytes) -> bytes | None:
    """What was sealed for the place; None when it was changed, moved, or sealed under another `django.secret`."""
    try:
        return _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError):
        return None


def _cipher() -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"keyhole accounts sealing 1")
    return AESGCM(derived.derive(settings.SECRET_KEY.encode()))
