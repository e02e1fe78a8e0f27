"""A report as SPDX 2.3 JSON: the libraries of what was scanned, each at its version, with what its file says of it.

Standard: https://spdx.github.io/spdx-spec/v2.3/. Findings are no part of SPDX 2.3, so this is the bill of materials
alone. The namespace and all ids come from the data set, so that the same one makes the same document.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from keyhole.core import licences
from keyhole.core.library import Library, Relation
from keyhole.reports.dataset import Dataset
from keyhole.reports.renderers.interface import Renderer

_NOTHING = "NOASSERTION"
_ROOT = "SPDXRef-repository"
# SPDX 2.3, annex D, as far as a plain look can tell: names, +, and, or, with, parentheses.


def document(data: Dataset) -> dict[str, Any]:
    """The whole document as plain data."""
    packages: dict[str, list[Library]] = {}
    for library in data.libraries:
        packages.setdefault(_id(library), []).append(library)
    body: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": data.title,
        "creationInfo": {
            "created": data.made_at,
            "creators": [f"Tool: {data.made_by.replace(' ', '-')}"],
            "comment": ". ".join((data.verdict.removesuffix("."), *data.policies)) + ".",
        },
        "packages": [_root(data), *(_package(name, same) for name, same in packages.items())],
        "relationships": [
            _relationship("SPDXRef-DOCUMENT", "DESCRIBES", _ROOT),
            *(edge for name, same in packages.items() for edge in _edges(name, same)),
        ],
    }
    if not data.complete:
        why = "; ".join(data.reasons) or data.verdict
        body["comment"] = f"Incomplete: not everything was seen, and libraries may be missing. {why}"
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {**body, "documentNamespace": f"https://spdx.org/spdxdocs/keyhole-{digest[:32]}"}


def _id(library: Library) -> str:
    told = library.purl or f"{library.ecosystem}/{library.name}@{library.version}"
    return f"SPDXRef-{hashlib.sha256(told.encode()).hexdigest()[:20]}"


def _root(data: Dataset) -> dict[str, Any]:
    commits = {source.commit for source in data.sources if source.commit}
    root = {
        "SPDXID": _ROOT,
        "name": ", ".join(data.repositories) or data.title,
        "downloadLocation": _NOTHING,
        "filesAnalyzed": False,
        "primaryPackagePurpose": "SOURCE",
    }
    return {**root, "versionInfo": commits.pop()} if len(commits) == 1 else root


def _package(name: str, same: list[Library]) -> dict[str, Any]:
    first = same[0]
    told: dict[str, Any] = {
        "SPDXID": name,
        "name": first.name,
        "downloadLocation": _NOTHING,
        "filesAnalyzed": False,
        "licenseConcluded": _NOTHING,
        "licenseDeclared": _licence(same),
        "sourceInfo": "; ".join(dict.fromkeys(f"{each.path}:{each.line}" for each in same)),
    }
    if first.version:
        told["versionInfo"] = first.version
    if first.purl:
        told["externalRefs"] = [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": first.purl}
        ]
    named = list(dict.fromkeys(text for each in same for text in each.licences))
    if named and told["licenseDeclared"] == _NOTHING:
        told["licenseComments"] = f"The files say: {'; '.join(named)}"
    return told


def _licence(same: list[Library]) -> str:
    """The expression that the files give, if it is one and they agree."""
    said = licences.read(dict.fromkeys(text for each in same for text in each.licences))
    agreed = said.expressions[0] if said.known and len(set(said.expressions)) == 1 else ""
    # What a `LicenseRef-` refers to would have to be in the document, and no file tells.
    return agreed if agreed and "LicenseRef-" not in agreed else _NOTHING


def _edges(name: str, same: list[Library]) -> list[dict[str, str]]:
    kind = "DEV_DEPENDENCY_OF" if all(each.dev for each in same) else "DEPENDENCY_OF"
    edge = _relationship(name, kind, _ROOT)
    if not any(each.relation is Relation.DIRECT for each in same):
        through = next((each.via for each in same if each.via), ())
        edge["comment"] = (
            f"Through {' > '.join(through)}" if through else "Not asked for directly, as far as known"
        )
    return [edge]


def _relationship(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def _render(data: Dataset) -> bytes:
    return json.dumps(document(data), indent=2).encode() + b"\n"


RENDERER = Renderer(
    id="spdx",
    title="SPDX",
    about="SPDX 2.3: the libraries, as a bill of materials",
    suffix="spdx.json",
    media="application/spdx+json",
    render=_render,
)
