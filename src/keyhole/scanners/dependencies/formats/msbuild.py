"""Projects of .NET and the files that they share: the packages that one refers to.

Format: https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files, and
https://learn.microsoft.com/nuget/consume-packages/central-package-management for versions kept in one place. A version
means itself or the next one there is; NuGet takes the lowest, so that it is taken for exact.
"""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.markup import Element, xml_in
from keyhole.scanners.dependencies.package import Package, Packages
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


def read(content: bytes) -> Packages:
    """Every reference; one without a version leaves that to a central file, or to the reference that it updates."""
    project = xml_in(content, "Project")
    properties = {
        each.name: each.text.strip()
        for group in project.all()
        if group.name == "PropertyGroup"
        for each in group.children
    }
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


def _told(element: Element, name: str) -> str:
    """What it says as an attribute or as an element of its own."""
    return element.attributes.get(name, "").strip() or element.word(name)
