"""Time-based one-time passwords: https://www.rfc-editor.org/rfc/rfc6238, with the values every app assumes.

SHA-1, six digits, 30 seconds: what is asked of SHA-1 here (an HMAC cut to 20 bits) is untouched by its collisions.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode
from urllib.parse import quote

PERIOD = 30
"""Seconds for which a code is shown."""
SECRET_BYTES = 20
_DIGITS = 6
_SHAPE = re.compile(r"[0-9]{6}")
_DRIFT = 1
"""Periods by which a phone's clock may be wrong, either way."""


def code(secret: bytes, counter: int) -> str:
    """The code of one period (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def accepted(secret: bytes, given: str, now: float, last_counter: int) -> int | None:
    """The period whose code was given, if it may be accepted now; None if not.

    `now` is in seconds since 1970. Nothing of `last_counter`, the period accepted last, or before it is accepted:
    whoever looks over a shoulder cannot use what they saw.
    """
    if _SHAPE.fullmatch(given) is None:
        return None
    current = int(now // PERIOD)
    found = None
    for counter in range(current - _DRIFT, current + _DRIFT + 1):
        if hmac.compare_digest(code(secret, counter), given) and counter > last_counter:
            found = counter
    return found


def address(secret: bytes, account: str, issuer: str) -> str:
    """What the QR code says to the app. It holds the secret."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?secret={spelled(secret)}&issuer={quote(issuer, safe='')}"


def spelled(secret: bytes) -> str:
    """The secret as people type it into an app: base32 without padding."""
    return b32encode(secret).decode("ascii").rstrip("=")
