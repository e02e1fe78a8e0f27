"""Python's versions.

Specification: https://packaging.python.org/specifications/version-specifiers/. What it does not allow was once
published, too; such versions come before all others, as they did in setuptools, and are ordered by their parts.
"""

from __future__ import annotations

import re
from typing import Any

from packaging.version import InvalidVersion, Version

ECOSYSTEMS = ("PyPI",)
_PART = re.compile(r"[0-9]+|[a-z]+")


def key(text: str) -> tuple[int, Any]:
    """First whether the specification knows it, then its value."""
    try:
        return 1, Version(text)
    except InvalidVersion:
        found = _PART.findall(text.lower())
        if not found:
            raise ValueError("not a version") from None
        return 0, tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in found)
