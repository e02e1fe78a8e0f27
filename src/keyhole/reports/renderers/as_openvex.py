"""A report as OpenVEX 0.2.0: what each known vulnerability means for the libraries that are used, as people decided.

Standard: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md. The product is the repository, and the library a
subcomponent of it: what was decided about one repository says nothing of the library elsewhere. What nobody decided
about is `affected`, as far as versions tell, with the upgrade as its action; a false positive is `not_affected`, with
the reason as its impact statement; what is gone is `fixed`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from keyhole.core.library import PackageFacts
from keyhole.reports.dataset import Dataset, Row
from keyhole.reports.outline import decision
from keyhole.reports.renderers.asking import by_version, reference
from keyhole.reports.renderers.interface import Renderer


def document(data: Dataset) -> dict[str, Any]:
    """The whole document as plain data."""
    statements = [
        _statement(row, package, data.product(row.repository), data.made_at)
        for row in data.rows
        for package in row.finding.package
        if package.ids
    ]
    body: dict[str, Any] = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "author": data.made_by,
        "timestamp": data.made_at,
        "version": 1,
        "statements": statements,
    }
    if not data.complete:  # the standard has no other place for how a document came about
        why = "; ".join(data.reasons) or data.verdict
        body["tooling"] = f"{data.made_by}. Incomplete: not everything was seen. {why}"
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {**body, "@id": f"https://openvex.dev/docs/public/vex-{digest}"}


def _statement(row: Row, package: PackageFacts, product: str, made_at: str) -> dict[str, Any]:
    name = _lasting(package.ids)
    others = [each for each in package.ids if each != name]
    parts = [_part(each) for each in by_version(package)]
    told: dict[str, Any] = {
        "vulnerability": {"name": name} | ({"aliases": others} if others else {}),
        "timestamp": made_at,
        "products": [{"@id": product, "identifiers": {"purl": product}, "subcomponents": parts}],
    }
    if row.status == "fixed":
        return told | {"status": "fixed"}
    if row.decided and row.decided[0].word == "false_positive":
        return told | {"status": "not_affected", "impact_statement": row.decided[0].reason}
    action = row.finding.fix if not row.decided else decision(row.decided[0])
    return told | {"status": "affected", "action_statement": action}


def _part(package: PackageFacts) -> dict[str, Any]:
    return {"@id": reference(package)} | ({"identifiers": {"purl": package.purl}} if package.purl else {})


def _lasting(ids: tuple[str, ...]) -> str:
    """The id that most programs know."""
    return min(ids, key=lambda one: (not one.startswith("CVE-"), not one.startswith("GHSA-"), one))


def _render(data: Dataset) -> bytes:
    return json.dumps(document(data), indent=2).encode() + b"\n"


RENDERER = Renderer(
    id="openvex",
    title="OpenVEX",
    about="OpenVEX 0.2.0: what is known against the libraries, with your decisions",
    suffix="openvex.json",
    media="application/json",
    render=_render,
)
