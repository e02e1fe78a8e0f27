"""One short word for the rules of several scanners together: a new word, and a result may differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from keyhole.scanners.interface import Scanner


def rules_version(scanners: Iterable[Scanner]) -> str:
    """Twelve hexadecimal digits that change whenever a rule of one of these scanners does."""
    versions = "\n".join(sorted(f"{scanner.id} {scanner.rules_version()}" for scanner in scanners))
    return hashlib.sha256(versions.encode()).hexdigest()[:12]
