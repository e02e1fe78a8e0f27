"""NuGet's lock file. Format: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files."""

from __future__ import annotations

from keyhole.scanners.dependencies.documents import as_object, json_in, word
from keyhole.scanners.dependencies.package import Lines, Package, Packages

NAMES = ("packages.lock.json", "packages.*.lock.json")


def read(content: bytes) -> Packages:
    """The packages of all frameworks, each once; projects of the repository are none."""
    lines = Lines(content)
    seen: set[tuple[str, str]] = set()
    for framework in as_object(json_in(content).get("dependencies", {})).values():
        for name, entry in as_object(framework).items():
            told = as_object(entry)
            line = lines.of(f'"{name}": {{')
            found = (name, word(told.get("resolved")))
            if told.get("type") != "Project" and found not in seen:
                seen.add(found)
                yield Package("NuGet", *found, line)
