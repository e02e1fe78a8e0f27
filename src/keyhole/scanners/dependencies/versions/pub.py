"""Dart's versions: semantic ones, but build metadata counts, and a version with some comes after the one without.

Source: `Version.compareTo` of the pub_semver package, and https://dart.dev/tools/pub/versioning.
"""

from __future__ import annotations

from keyhole.scanners.dependencies.versions.semver import Identifier, identifier, parts

ECOSYSTEMS = ("Pub",)


def key(text: str) -> tuple[tuple[int, ...], tuple[Identifier, ...], tuple[Identifier, ...]]:
    """Numbers, pre-release, build."""
    numbers, before, build = parts(text)
    return numbers, before, tuple(map(identifier, build.split("."))) if build else ()
