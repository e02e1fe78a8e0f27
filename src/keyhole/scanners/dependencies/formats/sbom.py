"""Bills of materials that are kept in a repository: CycloneDX and SPDX 2, in JSON.

Formats: https://cyclonedx.org/docs/latest/json/ and https://spdx.github.io/spdx-spec/v2.3/. A package is known by its
package URL and by nothing else, since a guess by its name would be wrong too often.
"""

from __future__ import annotations

from typing import Any

from keyhole.scanners.dependencies.documents import json_in, objects, word
from keyhole.scanners.dependencies.package import Lines, Malformed, Package, Packages
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
    # A stack of its own: components hold components, and the file says how deep.
    stack = list(objects(document.get("components")))[::-1]
    while stack:
        component = stack.pop()
        stack += list(objects(component.get("components")))[::-1]
        purl, name = word(component.get("purl")), word(component.get("name"))
        dev = component.get("scope") == "excluded" or any(
            each.get("name") == "cdx:npm:package:development" and each.get("value") == "true"
            for each in objects(component.get("properties"))
        )
        if purl:
            yield _package(purl, lines, dev)
        elif component.get("type") in _LIBRARIES:
            yield Package(ELSEWHERE, name, "", lines.of(f'"{name}"'), dev)


def _spdx(document: dict[str, Any], lines: Lines) -> Packages:
    described = _words(document.get("documentDescribes")) | {
        word(each.get("relatedSpdxElement"))
        for each in objects(document.get("relationships"))
        if each.get("relationshipType") == "DESCRIBES"
    }
    for entry in objects(document.get("packages")):
        purls = [
            word(each.get("referenceLocator"))
            for each in objects(entry.get("externalRefs"))
            if each.get("referenceType") == "purl"
        ]
        name = word(entry.get("name"))
        for purl in purls:
            yield _package(purl, lines, dev=False)
        if not purls and word(entry.get("SPDXID")) not in described:
            yield Package(ELSEWHERE, name, "", lines.of(f'"{name}"'))


def _package(purl: str, lines: Lines, dev: bool) -> Package:
    line = lines.of(f'"{purl}"')
    try:
        ecosystem, name, version = named(purl)
    except Malformed:  # one of many: the others are worth knowing
        return Package(ELSEWHERE, purl, "", line, dev)
    return Package(ecosystem, name, version, line, dev)


def _words(found: object) -> set[str]:
    return set(map(word, found)) if isinstance(found, list) else set()
