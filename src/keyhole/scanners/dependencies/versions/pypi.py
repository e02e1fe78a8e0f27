"""Python's versions.

Specification: https://packaging.python.org/specifications/version-specifiers/. What it does not allow was once
published, too; such versions come before all others, as they did in setuptools and do in OSV, and are ordered by their
parts. Nothing follows from that order between the two kinds: `2004d` may be older than `2004.1`, or newer.
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
        return 1, _value(Version(text))
    except InvalidVersion:
        found = _PART.findall(text.lower())
        if not found:
            raise ValueError("not a version") from None
        return 0, tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in found)


def public(text: str) -> str:
    """Without its local label, which no version specifier looks at: `2.5.1+cu121` is 2.5.1, built for a machine."""
    return text.partition("+")[0]


def kind(key: tuple[int, Any]) -> int:
    """Whether the specification knows the version with this key."""
    return key[0]


def _value(version: Version) -> tuple[Any, ...]:
    """Plain tuples, which compare without a call of Python's: https://peps.python.org/pep-0440/#summary."""
    release = version.release
    while release and release[-1] == 0:
        release = release[:-1]
    pre: tuple[Any, ...] = (1,)  # what is none comes after all that leads to it
    if version.pre is not None:
        pre = (0, *version.pre)
    elif version.post is None and version.dev is not None:
        pre = (-1,)
    local = tuple(
        (1, int(part), "") if part.isdigit() else (0, 0, part) for part in (version.local or "").split(".")
    )
    return (
        version.epoch,
        release,
        pre,
        -1 if version.post is None else version.post,
        (1, 0) if version.dev is None else (0, version.dev),
        local if version.local else (),
    )
