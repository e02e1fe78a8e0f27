"""Python's manifest. Format: https://packaging.python.org/specifications/pyproject-toml/."""

from __future__ import annotations

from keyhole.scanners.dependencies.declared import declared
from keyhole.scanners.dependencies.manifests import python_wanted
from keyhole.scanners.dependencies.package import Packages
from keyhole.scanners.lazily import pattern

NAMES = ("pyproject.toml",)
_EXACT = pattern(r"(?:===?\s*)?([0-9][0-9A-Za-z.!+_-]*)(?:\s*;.*)?")


def read(content: bytes) -> Packages:
    """What it asks for, in all groups, without what building it needs."""
    yield from declared("PyPI", content, python_wanted({"pyproject.toml": [content]}), _EXACT)
