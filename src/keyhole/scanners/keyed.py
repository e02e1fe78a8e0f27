"""The digest by which a value is known again and cannot be told."""

from __future__ import annotations

import hashlib
import hmac

from keyhole.core.secret import Secret
from keyhole.scanners.hits import Digest


def keyed_digest(key: Secret) -> Digest:
    """HMAC-SHA-256 under this key, cut to 32 hexadecimal digits."""

    def digest(value: bytes) -> str:
        return hmac.new(key.reveal().encode(), value, hashlib.sha256).hexdigest()[:32]

    return digest
