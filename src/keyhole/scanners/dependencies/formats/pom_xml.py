"""Maven's project files: the dependencies and plugins that one declares, with versions from its own properties.

Format: https://maven.apache.org/pom.html. Maven resolves what these pull in when it builds and locks nothing; parents
are not looked for, so that a version which comes from one is none here.
"""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.markup import Element, xml_in
from keyhole.scanners.dependencies.package import Package, Packages
from keyhole.scanners.dependencies.properties import resolved
from keyhole.scanners.lazily import pattern

NAMES = ("pom.xml", "*.pom")
_EXACT = pattern(r"\[?([^\[\](),$\s]+)\]?")
_MOVING = frozenset({"LATEST", "RELEASE"})


def read(content: bytes) -> Packages:
    """Dependencies of all sections and profiles, and plugins that have a version."""
    project = xml_in(content, "project")
    properties = _properties(project)
    managed = {
        id(below)
        for element in project.all()
        if element.name == "dependencyManagement"
        for below in element.all()
    }
    for element in project.all():
        named = element.child("artifactId")
        if element.name not in {"dependency", "plugin"} or named is None:
            continue
        group, artifact, version = (
            resolved(element.word(name), properties) for name in ("groupId", "artifactId", "version")
        )
        plugin = element.name == "plugin"
        if plugin and not version:
            continue  # Maven's own choice, or that of a parent
        name = f"{group or ('org.apache.maven.plugins' if plugin else '')}:{artifact}"
        exact = _EXACT.fullmatch(version)
        known = exact is not None and exact[1] not in _MOVING and "${" not in name
        dev = plugin or element.word("scope") == "test"
        settled = exact[1] if exact and known else ""
        # What is managed only is not asked for by that; where it is, another entry says so.
        relation = Relation.UNKNOWN if id(element) in managed else Relation.DIRECT
        yield Package("Maven", name, settled, named.line, dev, not version, relation=relation)


def _properties(project: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    parent = project.child("parent")
    for name in ("groupId", "version", "artifactId"):
        inherited = parent.word(name) if parent is not None else ""
        mine = project.word(name) or (inherited if name != "artifactId" else "")
        found |= {f"project.{name}": mine, f"pom.{name}": mine, f"project.parent.{name}": inherited}
    own = project.child("properties")
    found |= {child.name: child.text.strip() for child in own.children} if own is not None else {}
    return {name: value for name, value in found.items() if value}
