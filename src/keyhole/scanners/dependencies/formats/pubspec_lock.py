"""Dart's and Flutter's lock file. Format: https://dart.dev/tools/pub/glossary#lockfile."""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.outline import entries
from keyhole.scanners.dependencies.package import Malformed, Package, Packages, leaves

NAMES = ("pubspec.lock",)
_OWN = ("sdk", "path")


def read(content: bytes) -> Packages:
    """Packages of a server; those of git come without a version, those of the SDK and of its folders not at all."""
    facts: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    known = False
    for number, keys, value in entries(content):
        known = known or keys == ("packages",)
        if keys == ("packages",) and value not in {"", "{}"}:
            raise Malformed("packages are not in the layout that pub writes")
        if len(keys) >= 2 and keys[0] == "packages":
            lines.setdefault(keys[1], number)
            facts.setdefault(keys[1], {})[".".join(keys[2:])] = value
    if not known:
        raise Malformed("not a lock file of pub")
    for name, told in facts.items():
        source = told.get("source", "")
        folder = told.get("description.path", "") if source == "path" else ""
        if source in _OWN and not leaves(folder):
            continue
        version = told.get("version", "") if source == "hosted" else ""
        asked = told.get("dependency", "")
        relation = Relation.DIRECT if asked.startswith("direct") else Relation.UNKNOWN
        relation = Relation.TRANSITIVE if asked == "transitive" else relation
        hosted = told.get("description.name") or name
        dev = asked == "direct dev"
        yield Package("Pub", hosted, version, lines[name], dev, relation=relation, folder=folder)
