"""Composer's manifest. Format: https://getcomposer.org/doc/04-schema.md."""

from __future__ import annotations

from keyhole.scanners.dependencies.declared import declared
from keyhole.scanners.dependencies.manifests import composer_wanted
from keyhole.scanners.dependencies.package import Packages
from keyhole.scanners.lazily import pattern

NAMES = ("composer.json",)
_EXACT = pattern(r"=?\s*(v?[0-9]+(?:\.[0-9]+){1,3}(?:-[0-9A-Za-z.]+)?)")


def read(content: bytes) -> Packages:
    """What it asks for, without PHP and what belongs to it."""
    yield from declared("Packagist", content, composer_wanted({"composer.json": [content]}), _EXACT)
