"""Gradle's list of what may be used, with a checksum of each.

Format: https://docs.gradle.org/current/userguide/dependency_verification.html. It names whatever was ever resolved,
plugins of the build included.
"""

from __future__ import annotations

from keyhole.scanners.dependencies.markup import xml_in
from keyhole.scanners.dependencies.package import Package, Packages

NAMES = ("verification-metadata.xml",)


def read(content: bytes) -> Packages:
    """Every component."""
    components = xml_in(content, "verification-metadata").child("components")
    for each in components.children if components is not None else ():
        group, name = each.attributes.get("group", ""), each.attributes.get("name", "")
        if each.name == "component" and name:
            version = each.attributes.get("version", "") if group else ""
            yield Package("Maven", f"{group}:{name}", version, each.line)
