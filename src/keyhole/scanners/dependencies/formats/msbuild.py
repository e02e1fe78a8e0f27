"""Projects of .NET and the files that they share: the packages that one refers to.

Format: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files, and
https://learn.microsoft.com/nuget/consume-packages/central-package-management for versions kept in one place. A version
means itself or the next one there is; NuGet takes the lowest, so that it is taken for exact.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.markup import Element, xml_in
from keyhole.scanners.dependencies.package import Around, Malformed, Package, Packages, nowhere
from keyhole.scanners.dependencies.properties import resolved
from keyhole.scanners.lazily import pattern

NAMES = (
    "*.csproj",
    "*.fsproj",
    "*.vbproj",
    "Directory.Packages.props",
    "Directory.Build.props",
    "Directory.Build.targets",
)
_REFERENCES = frozenset({"PackageReference", "PackageVersion", "GlobalPackageReference", "PackageDownload"})
_CENTRAL = "PackageVersion"
"""The version of a package wherever it is used, which may be as something that others pull in."""
_EXACT = pattern(r"\[?([0-9][0-9A-Za-z.+-]*)\]?")
AROUND = True
_SHARED = ("Directory.Build.props", "Directory.Packages.props")
"""What a project takes in before its own, each from the nearest folder that has one."""
_MOST_FOLDERS = 20


def read(content: bytes, around: Around = nowhere) -> Packages:
    """Every reference; one without a version leaves that to a central file, or to the reference that it updates."""
    project = xml_in(content, "Project")
    properties: dict[str, str] = {}
    for name in _SHARED:
        places = ("../" * above + name for above in range(_MOST_FOLDERS))
        properties |= _set_by(next((found for each in places if (found := around(each)) is not None), b""))
    properties |= _set_in(project)
    for element in project.all():
        if element.name not in _REFERENCES:
            continue
        wanted = _told(element, "VersionOverride") or _told(element, "Version")
        exact = _EXACT.fullmatch(resolved(wanted, properties))
        dev = _told(element, "PrivateAssets").lower() == "all"
        for name in (_told(element, "Include") or _told(element, "Update")).split(";"):
            if name.strip():
                version = exact[1] if exact else ""
                relation = Relation.UNKNOWN if element.name == _CENTRAL else Relation.DIRECT
                yield Package(
                    "NuGet", name.strip(), version, element.line, dev, not wanted, relation=relation
                )


def _set_in(project: Element) -> dict[str, str]:
    groups = (each for each in project.all() if each.name == "PropertyGroup")
    return {each.name: each.text.strip() for group in groups for each in group.children}


@functools.lru_cache(8)
def _set_by(content: bytes) -> Mapping[str, str]:
    """What a shared file sets, which many projects ask for; nothing if it is none."""
    try:
        return _set_in(xml_in(content, "Project"))
    except Malformed:
        return {}


def _told(element: Element, name: str) -> str:
    """What it says as an attribute or as an element of its own."""
    return element.attributes.get(name, "").strip() or element.word(name)
