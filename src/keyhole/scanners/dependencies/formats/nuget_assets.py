"""What .NET writes when it builds: `*.deps.json` and `project.assets.json`, whose libraries are of one form.

Format: https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md.
"""

from __future__ import annotations

from keyhole.scanners.dependencies.documents import as_object, json_in
from keyhole.scanners.dependencies.package import Lines, Package, Packages

NAMES = ("*.deps.json", "project.assets.json")


def read(content: bytes) -> Packages:
    """Libraries that are packages; the project itself and others of the repository are none."""
    document = json_in(content)
    lines = Lines(content)
    lines.of('"libraries"')
    for key, entry in as_object(document.get("libraries", {})).items():
        if as_object(entry).get("type") == "package":
            name, _, version = key.partition("/")
            yield Package("NuGet", name, version, lines.of(f'"{key}"'))
