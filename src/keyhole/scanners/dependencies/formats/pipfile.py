"""Pipenv's manifest. Format: https://pipenv.pypa.io/en/latest/pipfile.html."""

from __future__ import annotations

from keyhole.scanners.dependencies.declared import declared
from keyhole.scanners.dependencies.manifests import pipfile_wanted
from keyhole.scanners.dependencies.package import Packages
from keyhole.scanners.lazily import pattern

NAMES = ("Pipfile",)
_EXACT = pattern(r"===?\s*([0-9][0-9A-Za-z.!+_-]*)")


def read(content: bytes) -> Packages:
    """What it asks for, in both groups."""
    yield from declared("PyPI", content, pipfile_wanted({"Pipfile": [content]}), _EXACT)
