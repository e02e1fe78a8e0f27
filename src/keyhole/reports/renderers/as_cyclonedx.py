"""A report as CycloneDX 1.6: the repository's libraries as components, its findings as vulnerabilities of them.

Standard: https://cyclonedx.org/docs/1.6/json/. What is about no package affects the repository itself. Times and the
serial number come from the data set, so that the same one makes the same document.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from typing import Any

from keyhole import __version__
from keyhole.core.finding import Location
from keyhole.core.library import Library, PackageFacts
from keyhole.core.licences import Licences, read
from keyhole.core.terms import Place
from keyhole.reports.dataset import Dataset, Row
from keyhole.reports.outline import decision, where
from keyhole.reports.renderers.asking import asking, by_version, reference
from keyhole.reports.renderers.interface import Renderer

_SPACE = uuid.UUID("5d6f3d5c-6c1c-4c0e-9f0a-3d0a8b0b7c11")
_DECIDED = {"accepted": ("exploitable", "will_not_fix"), "false_positive": ("false_positive", "")}
_ROOT = "repository"
_ID = re.compile(r"(?!LicenseRef-)[A-Za-z0-9.-]+")
"""Of a licence by itself; what this is looked for in is an expression in SPDX's spelling."""


def document(data: Dataset) -> dict[str, Any]:
    """The whole document as plain data."""
    known = _components(data)
    asked = asking(data.libraries, _ROOT)
    body: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": data.made_at,
            "tools": {"components": [{"type": "application", "name": "Keyhole", "version": __version__}]},
            "component": _root(data),
            "properties": [
                {"name": "keyhole:verdict", "value": data.verdict},
                {"name": "keyhole:complete", "value": "true" if data.complete else "false"},
                *({"name": "keyhole:incomplete", "value": reason} for reason in data.reasons),
                *({"name": "keyhole:policy", "value": said} for said in data.policies),
            ],
        },
        "components": list(known.values()),
        "vulnerabilities": [_vulnerability(number, row) for number, row in enumerate(data.rows, 1)],
    }
    if asked:
        body["dependencies"] = [{"ref": one, "dependsOn": others} for one, others in asked.items()]
        # Of a file's graph one way to each of its libraries is kept, and not every file has one.
        body["compositions"] = [{"aggregate": "incomplete", "dependencies": [*asked]}]
    text = json.dumps(body, sort_keys=True)
    return {**body, "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, text)}"}


def _root(data: Dataset) -> dict[str, Any]:
    root = {"type": "application", "bom-ref": _ROOT, "name": data.title}
    commits = {source.commit for source in data.sources if source.commit}
    return {**root, "version": commits.pop()} if len(commits) == 1 else root


def _components(data: Dataset) -> dict[str, dict[str, Any]]:
    """Components by reference: each package at each version once, with every file that names it."""
    found: dict[str, list[Library]] = {}
    for library in data.libraries:
        found.setdefault(reference(library), []).append(library)
    components = {name: _component(name, same) for name, same in found.items()}
    for row in data.rows:  # a filter's report has findings and no inventory
        for package in (each for about in row.finding.package for each in by_version(about)):
            components.setdefault(reference(package), _plain(reference(package), package))
    return components


def _plain(name: str, package: Library | PackageFacts) -> dict[str, Any]:
    component = {"type": "library", "bom-ref": name, "name": package.name}
    component |= {"version": package.version} if package.version else {}
    return component | ({"purl": package.purl} if package.purl else {})


def _component(name: str, same: list[Library]) -> dict[str, Any]:
    licences = read(dict.fromkeys(text for library in same for text in library.licences))
    places = dict.fromkeys((library.path, library.line) for library in same)
    component = _plain(name, same[0])
    if all(library.dev for library in same):
        component["scope"] = "excluded"
    if licences.expressions or licences.unknown:
        component["licenses"] = _licences(licences)
    component["evidence"] = {"occurrences": [{"location": path, "line": line} for path, line in places]}
    component["properties"] = [
        {"name": "keyhole:ecosystem", "value": same[0].ecosystem},
        {"name": "keyhole:relation", "value": same[0].relation.value},
    ]
    return component


def _licences(said: Licences) -> list[dict[str, Any]]:
    """An expression stands alone, by the schema; beside others it is told by its words, as what SPDX does not list."""
    if len(said.expressions) == 1 and not said.unknown and not _ID.fullmatch(said.expressions[0]):
        return [{"expression": said.expressions[0]}]
    words = dict.fromkeys((*said.expressions, *said.unknown))
    listed = frozenset(said.expressions)
    return [{"license": {"id" if word in listed and _ID.fullmatch(word) else "name": word}} for word in words]


def _vulnerability(number: int, row: Row) -> dict[str, Any]:
    about = row.finding
    told: dict[str, Any] = {
        "bom-ref": f"finding-{number}",
        "id": about.package[0].ids[0] if about.package and about.package[0].ids else about.rule,
        "ratings": [{"severity": about.severity.value, "method": "other", "source": {"name": "Keyhole"}}],
        "description": about.title,
        "detail": about.why,
        "recommendation": about.fix,
        "advisories": [{"url": address} for address in about.references],
        "affects": [{"ref": name} for name in _affected(row)],
        "properties": list(_properties(row)),
    }
    if about.package and len(about.package[0].ids) > 1:
        told["references"] = [{"id": other, "source": {"name": "OSV"}} for other in about.package[0].ids[1:]]
    if not row.open:
        told["analysis"] = _analysis(row)
    return told


def _affected(row: Row) -> list[str]:
    about = row.finding.package
    return [reference(each) for each in by_version(about[0])] if about else [_ROOT]


def _analysis(row: Row) -> dict[str, Any]:
    """Why it is no more to do."""
    detail = decision(row.decided[0]) if row.decided else "fixed"
    if row.status == "fixed":
        return {"state": "resolved", "detail": detail}
    state, response = _DECIDED.get(row.decided[0].word, ("in_triage", ""))
    return {"state": state, "detail": detail} | ({"response": [response]} if response else {})


def _properties(row: Row) -> Iterable[dict[str, str]]:
    about = row.finding
    named = {
        "id": about.id,
        "repository": row.repository,
        "kind": about.kind.value,
        "scanner": about.scanner,
        "rule": about.rule,
        "confidence": about.confidence.value,
        "fingerprint": about.fingerprint,
        "status": row.status,
    }
    for name, value in named.items():
        if value:
            yield {"name": f"keyhole:{name}", "value": value}
    for location in about.locations:
        yield {"name": "keyhole:location", "value": _place(location)}


def _place(location: Location) -> str:
    told = location.place is Place.COMMIT_MESSAGE
    return f"{where(location)} in {location.commit}" if location.commit and not told else where(location)


def _render(data: Dataset) -> bytes:
    return json.dumps(document(data), indent=2).encode() + b"\n"


RENDERER = Renderer(
    id="cyclonedx",
    title="CycloneDX",
    about="CycloneDX 1.6: libraries, and findings as vulnerabilities",
    suffix="cdx.json",
    media="application/vnd.cyclonedx+json; version=1.6",
    render=_render,
)
