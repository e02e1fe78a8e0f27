"""Bills of materials that are kept in a repository: CycloneDX and SPDX 2, in JSON.

Formats: https://cyclonedx.org/docs/latest/json/ and https://spdx.github.io/spdx-spec/v2.3/. A package is known by its
package URL and by nothing else, since a guess by its name would be wrong too often.
"""

from __future__ import annotations

from typing import Any

from keyhole.scanners.dependencies.documents import as_object, json_in, licences, objects, word, words
from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.package import UNKNOWN, Lines, Malformed, Package, Packages, Standing
from keyhole.scanners.dependencies.purl import ELSEWHERE, named

NAMES = (
    "bom.json",
    "sbom.json",
    "*.bom.json",
    "*.sbom.json",
    "*.cdx.json",
    "*.cyclonedx.json",
    "*.spdx.json",
)
_DEPENDS = "DEPENDS_ON"
_DEPENDENCY_OF = "DEPENDENCY_OF"
_DEVELOPING = frozenset({"DEV_DEPENDENCY_OF", "TEST_DEPENDENCY_OF", "BUILD_DEPENDENCY_OF"})
_NO_LICENCE = frozenset({"NOASSERTION", "NONE"})
_LIBRARIES = frozenset({"library", "framework"})


def read(content: bytes) -> Packages:
    """Every package; those without a package URL come without a version, as from elsewhere."""
    document = json_in(content)
    lines = Lines(content)
    if document.get("bomFormat") == "CycloneDX":
        yield from _cyclonedx(document, lines)
    elif word(document.get("spdxVersion")).startswith("SPDX-2"):
        yield from _spdx(document, lines)
    else:
        raise Malformed("neither CycloneDX nor SPDX 2 in JSON")


def _cyclonedx(document: dict[str, Any], lines: Lines) -> Packages:
    components: list[dict[str, Any]] = []
    # A stack of its own: components hold components, and the file says how deep.
    stack = list(objects(document.get("components")))[::-1]
    while stack:
        components.append(stack.pop())
        stack += list(objects(components[-1].get("components")))[::-1]
    names = {word(each.get("bom-ref")): word(each.get("name")) for each in components if each.get("bom-ref")}
    described = as_object(as_object(document.get("metadata", {})).get("component", {}))
    edges = [
        (word(each.get("ref")), other)
        for each in objects(document.get("dependencies"))
        for other in _words(each.get("dependsOn"))
    ]
    standing = _standings(names, edges, {word(described.get("bom-ref"))})
    for component in components:
        purl, name = word(component.get("purl")), word(component.get("name"))
        known = standing.get(word(component.get("bom-ref")), UNKNOWN)
        dev = component.get("scope") == "excluded" or any(
            each.get("name") == "cdx:npm:package:development" and each.get("value") == "true"
            for each in objects(component.get("properties"))
        )
        given = licences(
            [each.get("expression") or each.get("license") for each in objects(component.get("licenses"))]
        )
        if purl:
            yield _package(purl, lines, known._replace(dev=dev), given)
        elif word(component.get("type")) in _LIBRARIES:
            yield Package(
                ELSEWHERE,
                name,
                "",
                lines.of(f'"{name}"'),
                dev,
                relation=known.relation,
                via=known.via,
                licences=given,
            )


def _spdx(document: dict[str, Any], lines: Lines) -> Packages:
    relationships = [
        (
            word(each.get("spdxElementId")),
            word(each.get("relationshipType")),
            word(each.get("relatedSpdxElement")),
        )
        for each in objects(document.get("relationships"))
    ]
    described = set(_words(document.get("documentDescribes")))
    described |= {other for _, kind, other in relationships if kind == "DESCRIBES"}
    described |= {one for one, kind, _ in relationships if kind == "DESCRIBED_BY"}
    edges = [(one, other) for one, kind, other in relationships if kind == _DEPENDS]
    edges += [(other, one) for one, kind, other in relationships if kind.endswith(_DEPENDENCY_OF)]
    developing = {one for one, kind, _ in relationships if kind in _DEVELOPING}
    entries = list(objects(document.get("packages")))
    names = {word(entry.get("SPDXID")): word(entry.get("name")) for entry in entries}
    standing = _standings(names, edges, described)
    for entry in entries:
        purls = [
            word(each.get("referenceLocator"))
            for each in objects(entry.get("externalRefs"))
            if each.get("referenceType") == "purl"
        ]
        name, identity = word(entry.get("name")), word(entry.get("SPDXID"))
        known = standing.get(identity, UNKNOWN)._replace(dev=identity in developing)
        given = tuple(
            each
            for each in licences([entry.get("licenseConcluded"), entry.get("licenseDeclared")])
            if each not in _NO_LICENCE
        )[:1]
        for purl in purls:
            yield _package(purl, lines, known, given)
        if not purls and identity not in described:
            line = lines.of(f'"{name}"')
            yield Package(
                ELSEWHERE, name, "", line, known.dev, relation=known.relation, via=known.via, licences=given
            )


def _standings(names: dict[str, str], edges: list[tuple[str, str]], roots: set[str]) -> dict[str, Standing]:
    """What the described thing itself depends on is direct; nothing is known where no dependency is told."""
    if not edges:
        return {}
    asks: dict[str, list[str]] = {each: [] for each in names}
    for one, other in edges:
        if other in names and other not in roots:
            asks.setdefault(one, []).append(other)
    direct = [other for root in roots for other in asks.get(root, ())]
    for root in roots:
        asks.pop(root, None)
    return standings(asks, lambda each: names.get(each, each), direct or None)


def _package(purl: str, lines: Lines, known: Standing, given: tuple[str, ...]) -> Package:
    line = lines.of(f'"{purl}"')
    try:
        ecosystem, name, version = named(purl)
    except Malformed:  # one of many: the others are worth knowing
        ecosystem, name, version, purl = ELSEWHERE, purl, "", ""
    return Package(
        ecosystem,
        name,
        version,
        line,
        known.dev,
        relation=known.relation,
        via=known.via,
        licences=given,
        purl=purl if ecosystem == ELSEWHERE else "",
    )


def _words(found: object) -> list[str]:
    return words(found) if isinstance(found, list) else []
