"""NuGet's lock file. Format: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files."""

from __future__ import annotations

from typing import Any

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.documents import as_object, json_in, word, words
from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.package import UNKNOWN, Lines, Package, Packages

NAMES = ("packages.lock.json", "packages.*.lock.json")
_RELATIONS = {
    "Direct": Relation.DIRECT,
    "Transitive": Relation.TRANSITIVE,
    "CentralTransitive": Relation.TRANSITIVE,
}


def read(content: bytes) -> Packages:
    """The packages of all frameworks, each once; projects of the repository are none."""
    lines = Lines(content)
    seen: set[tuple[str, str]] = set()
    for framework in as_object(json_in(content).get("dependencies", {})).values():
        entries = {name: as_object(entry) for name, entry in as_object(framework).items()}
        standing = _standings(entries)
        for name, entry in entries.items():
            line = lines.of(f'"{name}": {{')
            found = (name, word(entry.get("resolved")))
            if entry.get("type") == "Project" or found in seen:
                continue
            seen.add(found)
            relation = _RELATIONS.get(word(entry.get("type")), Relation.UNKNOWN)
            via = standing.get(name.lower(), UNKNOWN).via if relation is Relation.TRANSITIVE else ()
            yield Package("NuGet", *found, line, relation=relation, via=via)


def _standings(entries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    spelled = {name.lower(): name for name in entries}
    asks = {
        low: [each.lower() for each in words(entries[name].get("dependencies")) if each.lower() in spelled]
        for low, name in spelled.items()
    }
    # A project of the repository is pulled in by nothing, and what it asks for is asked for by the repository.
    direct = [
        low for low, name in spelled.items() if word(entries[name].get("type")) in {"Direct", "Project"}
    ]
    return standings(asks, spelled.__getitem__, direct)
