"""Bun's lock file in text form: JSON with comments and commas at the end of lists.

Format: https://bun.sh/docs/install/lockfile. The older form, `bun.lockb`, is binary and not read. A package that is
nested in others has a key of all their names: `a/b` is the `b` that `a` alone uses.
"""

from __future__ import annotations

import re
from typing import Any

from keyhole.scanners.dependencies.documents import as_object, json_in, word, words
from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.package import UNKNOWN, Lines, Malformed, Package, Packages, text_of
from keyhole.scanners.lazily import pattern

NAMES = ("bun.lock",)
_LOOSE = pattern(r'("(?:[^"\\]++|\\.)*+"?)|//[^\n]*+|/\*.*?(?:\*/|\Z)|,(?=\s*+[}\]])', re.DOTALL)
_RESOLVED = pattern(r"((?:@[^/@]+/)?[^/@]+)@(.+)", re.DOTALL)
_OWN = ("workspace:", "link:", "file:", "root:")
_ASKS = ("dependencies", "optionalDependencies", "peerDependencies")
_DEEPEST = 50


def read(content: bytes) -> Packages:
    """Every package with its version; those of git and of addresses come without one."""
    document = document_of(content)
    packages = as_object(document.get("packages", {}))
    resolved = {key: _resolved(entry) for key, entry in packages.items()}
    asks = {key: _found(packages, key, _told(entry), _ASKS) for key, entry in packages.items()}
    own = [(key, as_object(told)) for key, told in as_object(document.get("workspaces", {})).items()]
    places = [(word(told.get("name")) if key else "", told) for key, told in own]
    direct = [each for place, told in places for each in _found(packages, place, told, _ASKS)]
    developing = [
        each for place, told in places for each in _found(packages, place, told, ("devDependencies",))
    ]
    standing = standings(asks, lambda key: resolved[key][0], direct if own else None, developing)
    lines = Lines(content)
    for key, (name, version) in resolved.items():
        if not version.startswith(_OWN):
            known = standing.get(key, UNKNOWN)
            exact = "" if re.search(r"[:/]", version) else version
            line = lines.of(f'"{key}": [')
            yield Package("npm", name, exact, line, known.dev, relation=known.relation, via=known.via)


def document_of(content: bytes) -> dict[str, Any]:
    """What it holds. Malformed when it is not of this form."""
    return json_in(_LOOSE.sub(lambda match: match[1] or "", text_of(content)).encode())


def _resolved(entry: object) -> tuple[str, str]:
    if not isinstance(entry, list) or not entry:
        raise Malformed("not of the documented form")
    match = _RESOLVED.fullmatch(word(entry[0]))
    if match is None:
        raise Malformed("not of the documented form")
    return match[1], match[2]


def _told(entry: list[Any]) -> dict[str, Any]:
    return next((each for each in entry if isinstance(each, dict)), {})


def _found(packages: dict[str, Any], key: str, told: dict[str, Any], kinds: tuple[str, ...]) -> list[str]:
    """The keys of what it asks for: nested in it, or in what it is nested in, or of all."""
    wanted = [name for kind in kinds for name in words(told.get(kind))]
    if not wanted:
        return []
    above = [f"{key}/"] if key else []
    while key and len(above) < _DEEPEST:
        key = key.rpartition("/")[0]
        above.append(f"{key}/" if key else "")
    above.append("")
    return [
        found
        for name in wanted
        if (found := next((at + name for at in above if at + name in packages), None)) is not None
    ]
