"""Package URLs: what a bill of materials calls a package, as the name that its ecosystem's advisories use.

Specification: https://github.com/package-url/purl-spec. Read strictly: what is not in its form is none,
but for the `@` of npm's scopes, which many tools forget to encode.
"""

from __future__ import annotations

import functools
from types import MappingProxyType
from urllib.parse import quote, unquote

from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed
from keyhole.scanners.lazily import pattern

ELSEWHERE = "other ecosystems"
"""Stands for where a package comes from when that is nothing advisories are kept of."""
_PURL = pattern(r"pkg:/{0,2}([A-Za-z][A-Za-z0-9.+-]*+)/(@?[^?#@]++)(?:@([^?#]++))?(?:\?[^#]*+)?(?:#.*+)?")
_LONGEST = 1000
_ECOSYSTEMS = MappingProxyType(
    {
        "cargo": ("crates.io", ""),
        "cocoapods": ("CocoaPods", ""),
        "composer": ("Packagist", "/"),
        "gem": ("RubyGems", ""),
        "githubactions": ("GitHub Actions", "/"),
        "golang": ("Go", "/"),
        "hex": ("Hex", "/"),
        "maven": ("Maven", ":"),
        "npm": ("npm", "/"),
        "nuget": ("NuGet", ""),
        "pub": ("Pub", ""),
        "pypi": ("PyPI", ""),
        "swift": ("SwiftURL", "/"),
    }
)
"""Type -> OSV's name, and what joins namespace and name there."""
_TYPES = {ecosystem: (kind, joint) for kind, (ecosystem, joint) in _ECOSYSTEMS.items()}
_NORMAL = frozenset({"PyPI", "Packagist", "GitHub Actions", "Hex", "Pub"})
"""Where a package URL has the normal spelling and no other."""


def named(purl: str) -> tuple[str, str, str]:
    """Ecosystem, name and version; the ecosystem is ELSEWHERE for a type of which no advisories are kept."""
    match = _PURL.fullmatch(purl) if len(purl) <= _LONGEST else None
    if match is None:
        raise Malformed("a package URL is not of the documented form")
    namespace, _, name = match[2].strip("/").rpartition("/")
    version = unquote(match[3] or "")
    ecosystem, joint = _ECOSYSTEMS.get(match[1].lower(), (ELSEWHERE, "/"))
    whole = unquote(f"{namespace}{joint or '/'}{name}" if namespace else name)
    if "\0" in whole + version:
        raise Malformed("a package URL names something with a NUL character")
    return ecosystem, whole, version


@functools.lru_cache(100_000)
def written(ecosystem: str, name: str, version: str) -> str:
    """The package URL; empty for an ecosystem that has no type, and for what has no name."""
    kind, joint = _TYPES.get(ecosystem, ("", ""))
    spelled = normal(ecosystem, name) if ecosystem in _NORMAL else name.strip()
    parts = spelled.split(joint) if joint else [spelled]
    if not kind or not all(parts):
        return ""
    path = "/".join(quote(part, safe=":" if joint != ":" else "", errors="replace") for part in parts)
    return f"pkg:{kind}/{path}" + (f"@{quote(version, safe=':', errors='replace')}" if version else "")
