"""npm's lock files, of all three versions.

Format: https://docs.npmjs.com/cli/configuring-npm/package-lock-json.
"""

from __future__ import annotations

from typing import Any

from keyhole.scanners.dependencies.documents import as_object, json_in, word
from keyhole.scanners.dependencies.package import Lines, Package, Packages

NAMES = ("package-lock.json", "npm-shrinkwrap.json")
_FOLDER = "node_modules/"


def read(content: bytes) -> Packages:
    """Packages from the registry; those of the repository itself, linked or bundled from a file, are not."""
    document = json_in(content)
    lines = Lines(content)
    if "packages" in document:
        yield from _flat(as_object(document["packages"]), lines)
    else:
        yield from _nested(as_object(document.get("dependencies", {})), lines)


def _flat(packages: dict[str, Any], lines: Lines) -> Packages:
    for place, entry in packages.items():
        if _FOLDER not in place:
            continue
        found = as_object(entry)
        if not found.get("link"):
            name = word(found.get("name")) or place.rpartition(_FOLDER)[2]
            yield _package(name, found, lines.of(f'"{place}"'))


def _nested(dependencies: dict[str, Any], lines: Lines) -> Packages:
    # A stack of its own: the file says how deep this goes.
    stack = list(reversed(dependencies.items()))
    while stack:
        name, entry = stack.pop()
        found = as_object(entry)
        version = word(found.get("version"))
        if version.startswith("npm:"):  # installed under another name
            name, _, version = version.removeprefix("npm:").rpartition("@")
        yield _package(name, found | {"version": version}, lines.of(f'"{name}"'))
        stack.extend(reversed(as_object(found.get("dependencies", {})).items()))


def _package(name: str, entry: dict[str, Any], line: int) -> Package:
    version = word(entry.get("version"))
    dev = bool(entry.get("dev") or entry.get("devOptional"))
    return Package("npm", name, "" if ":" in version or "/" in version else version, line, dev)
