"""A scan result as SARIF 2.1.0, for tools that show findings beside code.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Paths are those of the commit that
introduced the finding, which SARIF has no field for; it is in the `properties` of each location.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import keyhole
from keyhole.core.finding import Finding, Location, ScanResult
from keyhole.core.terms import Confidence, Place, Severity, Status

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
# GitHub's code scanning sorts by this number, from 0.1 to 10; its own words for the ranges are ours.
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}


def sarif(result: ScanResult) -> dict[str, Any]:
    """The whole log as plain data for `json.dumps`. An incomplete scan says so: `executionSuccessful` is false."""
    return log([run_of(result)])


def log(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """A log of these runs."""
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}


def run_of(result: ScanResult) -> dict[str, Any]:
    """A scan result as one run."""
    rules = {_rule_id(finding): finding for finding in result.findings}
    places = {rule: index for index, rule in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "Keyhole",
                "version": keyhole.__version__,
                "semanticVersion": keyhole.__version__,
                "rules": [_rule(finding) for finding in rules.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(result)],
        "results": [_result(finding, places[_rule_id(finding)]) for finding in result.findings],
        "properties": {
            "commit": result.commit,
            "objects": result.objects,
            "bytesRead": result.bytes_read,
            "rulesVersion": result.rules_version,
            "scanners": list(result.scanners),
            "isolation": list(result.isolation),
            "seconds": result.duration,
            "verdict": result.verdict,
        },
    }


def _invocation(result: ScanResult) -> dict[str, Any]:
    return {
        "executionSuccessful": result.status is Status.COMPLETE,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": f"incomplete: {reason}"}} for reason in result.reasons
        ],
    }


def _rule_id(finding: Finding) -> str:
    """As the log names the rule. Of packages one rule says many things, and tools show what stands at the rule: so
    each advisory of a package is a rule below it (hierarchical ids, 3.52.4).
    """
    package = finding.package[0] if finding.package else None
    if package is None or not package.ids:
        return finding.rule
    return f"{finding.rule}/{package.name}/{package.ids[0]}"


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": _rule_id(finding),
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": finding.why},
        "help": {"text": finding.fix},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "precision": _PRECISION[finding.confidence],
            "security-severity": _SECURITY_SEVERITY[finding.severity],
            "tags": ["security", finding.scanner],
        },
    }
    if finding.references:
        rule["helpUri"] = finding.references[0]
    return rule


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    return {
        "ruleId": _rule_id(finding),
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_location(location) for location in finding.locations],
        "partialFingerprints": {"keyholeFingerprint/v1": finding.fingerprint},
        "occurrenceCount": finding.occurrences,
        "properties": {"severity": finding.severity.value, "confidence": finding.confidence.value},
    }


def _message(finding: Finding) -> str:
    ending = f", ending in {finding.last4}" if finding.last4 else ""
    first = finding.locations[0]
    commit = f", first in commit {first.commit[:12]}" if first.commit else ""
    # Square brackets would make a link of what stands between them (3.11.6 of the standard).
    return f"{finding.title}{ending}{commit}".replace("[", "\\[").replace("]", "\\]")


def _location(location: Location) -> dict[str, Any]:
    path = location.path if location.place is Place.FILE else f".git/{location.place}"
    # Who shows it beside code has the code as it is now; `commit` has it on `line`.
    first = {"startLine": location.line, "startColumn": location.column}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path, safe="/"), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": location.latest} if location.latest else first,
        },
        "properties": {
            "commit": location.commit,
            "authorDate": location.author_date,
            "place": location.place.value,
            "line": location.line,
        },
    }
