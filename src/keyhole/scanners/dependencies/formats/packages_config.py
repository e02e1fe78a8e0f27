"""NuGet's older list of packages. Format: https://learn.microsoft.com/nuget/reference/packages-config."""

from __future__ import annotations

from keyhole.scanners.dependencies.markup import xml_in
from keyhole.scanners.dependencies.package import Package, Packages

NAMES = ("packages.config", "packages.*.config")


def read(content: bytes) -> Packages:
    """Every package, each with one version."""
    for each in xml_in(content, "packages").children:
        name = each.attributes.get("id", "")
        if each.name == "package" and name:
            dev = each.attributes.get("developmentDependency", "").lower() == "true"
            yield Package("NuGet", name, each.attributes.get("version", ""), each.line, dev)
