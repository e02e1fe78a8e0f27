"""Maven's project files: the dependencies and plugins that one declares, with versions from its properties.

Format: https://maven.apache.org/pom.html. Maven resolves what these pull in when it builds and locks nothing.
Properties are its own and those of its parents, as far as these are files of the commit; of others nothing is known.
"""

from __future__ import annotations

import functools
import posixpath
from typing import NamedTuple

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.markup import Element, xml_in
from keyhole.scanners.dependencies.package import Around, Malformed, Package, Packages, nowhere
from keyhole.scanners.dependencies.properties import resolved
from keyhole.scanners.lazily import pattern

NAMES = ("pom.xml", "*.pom")
_EXACT = pattern(r"\[?([^\[\](),$\s]+)\]?")
_MOVING = frozenset({"LATEST", "RELEASE"})
AROUND = True
_MOST_PARENTS = 10


def read(content: bytes, around: Around = nowhere) -> Packages:
    """Dependencies of all sections and profiles, and plugins that have a version."""
    project = xml_in(content, "project")
    properties = _properties(project, around)
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


class Kin(NamedTuple):
    """What a project file is called, and those that it takes versions from, each as group and artifact."""

    own: str
    others: frozenset[str]


def kin(content: bytes, around: Around = nowhere) -> Kin:
    """Its parent, and what it imports to manage versions. Malformed when it is no project file."""
    project = xml_in(content, "project")
    properties = _properties(project, around)

    def name(element: Element) -> str:
        return ":".join(resolved(element.word(word), properties) for word in ("groupId", "artifactId"))

    parent = project.child("parent")
    imported = (
        each for each in project.all() if each.name == "dependency" and each.word("scope") == "import"
    )
    others = {name(each) for each in (*imported, *((parent,) if parent is not None else ()))}
    own = f"{properties.get('project.groupId', '')}:{project.word('artifactId')}"
    return Kin(own, frozenset(others))


def _properties(project: Element, around: Around) -> dict[str, str]:
    found: dict[str, str] = {}
    parent = project.child("parent")
    for name in ("groupId", "version", "artifactId"):
        inherited = parent.word(name) if parent is not None else ""
        mine = project.word(name) or (inherited if name != "artifactId" else "")
        found |= {f"project.{name}": mine, f"pom.{name}": mine, f"project.parent.{name}": inherited}
    found |= _inherited(project, around)
    return {name: value for name, value in found.items() if value}


class _Model(NamedTuple):
    """What a project file says to those below it."""

    artifact: str
    parent: str
    """Artifact of its own parent."""
    place: str
    """Where the file of that lies, from its folder; empty if it is not to be looked for."""
    properties: dict[str, str]


def _model(project: Element) -> _Model:
    own, parent = project.child("properties"), project.child("parent")
    told = parent.child("relativePath") if parent is not None else None
    place = "" if parent is None else "../pom.xml" if told is None else told.text.strip()
    return _Model(
        project.word("artifactId"),
        parent.word("artifactId") if parent is not None else "",
        place if not place or place.endswith(".xml") else f"{place}/pom.xml",
        {child.name: child.text.strip() for child in own.children} if own is not None else {},
    )


def _inherited(project: Element, around: Around) -> dict[str, str]:
    """The properties that it and its parents set, of which the nearer one counts."""
    model = _model(project)
    found, folder = model.properties, ""
    for _ in range(_MOST_PARENTS):
        file = posixpath.join(folder, model.place)
        content = around(file) if model.place else None
        above = _parent(content) if content is not None else None
        if above is None or above.artifact != model.parent:
            break
        found = above.properties | found
        model, folder = above, posixpath.dirname(file)
    return found


@functools.lru_cache(8)
def _parent(content: bytes) -> _Model | None:
    """Many projects have one parent."""
    try:
        return _model(xml_in(content, "project"))
    except Malformed:
        return None
