"""What .NET writes when it builds: `*.deps.json` and `project.assets.json`, whose libraries are of one form.

Format: https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md.
"""

from __future__ import annotations

from typing import Any

from keyhole.scanners.dependencies.documents import as_object, json_in, word, words
from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.package import UNKNOWN, Lines, Package, Packages, Standing

_MOST_ALIKE = 20
"""Packages of one name that may be meant where a file does not say which version; who has more made it up."""
NAMES = ("*.deps.json", "project.assets.json")
_PACKAGES = frozenset({"package", "runtimepack"})
_RUNTIME = "runtimepack."
"""Before the name of a package that is .NET itself, which an application may bring along."""


def read(content: bytes) -> Packages:
    """Libraries that are packages; the project itself and others of the repository are none."""
    document = json_in(content)
    lines = Lines(content)
    lines.of('"libraries"')
    libraries = {key: as_object(entry) for key, entry in as_object(document.get("libraries", {})).items()}
    standing = _standings(document, libraries)
    for key, entry in libraries.items():
        if word(entry.get("type")) in _PACKAGES:
            name, _, version = key.partition("/")
            known = standing.get(key.lower(), UNKNOWN)
            line = lines.of(f'"{key}"')
            plain = name.removeprefix(_RUNTIME)
            yield Package("NuGet", plain, version, line, relation=known.relation, via=known.via)


def _standings(document: dict[str, Any], libraries: dict[str, dict[str, Any]]) -> dict[str, Standing]:
    """By what each library asks for in any of the targets, starting from what the projects ask for."""
    spelled = {key.lower(): key for key in libraries}
    by_name: dict[str, list[str]] = {}
    for low in spelled:
        by_name.setdefault(low.partition("/")[0], []).append(low)
    asks: dict[str, list[str]] = {low: [] for low in spelled}
    for target in as_object(document.get("targets", {})).values():
        for key, told in as_object(target).items():
            for name, version in as_object(as_object(told).get("dependencies", {})).items():
                exact = f"{name}/{word(version)}".lower()
                found = [exact] if exact in spelled else by_name.get(name.lower(), [])[:_MOST_ALIKE]
                asks.setdefault(key.lower(), []).extend(found)
    own = [low for low, key in spelled.items() if libraries[key].get("type") == "project"]
    direct = [each for low in own for each in asks[low]]
    for group in as_object(document.get("projectFileDependencyGroups", {})).values():
        for text in words(group):
            direct += by_name.get(text.partition(" ")[0].lower(), [])
    direct = [each for each in direct if each not in own]
    if not direct:
        return {}  # nobody says what the project asks for
    return standings(asks, lambda low: spelled.get(low, low).partition("/")[0], direct)
