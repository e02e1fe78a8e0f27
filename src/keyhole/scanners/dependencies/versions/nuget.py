"""NuGet's versions: semantic ones of up to four numbers, in which case does not count.

Specification: https://learn.microsoft.com/nuget/concepts/package-versioning, "Version ordering".
"""

from __future__ import annotations

from keyhole.scanners.dependencies.versions import semver

ECOSYSTEMS = ("NuGet",)


def key(text: str) -> tuple[tuple[int, ...], tuple[semver.Identifier, ...]]:
    """As for semantic versions, in lower case."""
    return semver.key(text.lower())
