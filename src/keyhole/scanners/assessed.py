"""From issues of the files as they are now to findings with places in the commit that was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from keyhole.core.escaping import escape
from keyhole.core.finding import Finding, Location
from keyhole.core.strict_json import encode_fields
from keyhole.core.terms import MAX_LOCATIONS, finding_id

if TYPE_CHECKING:
    from keyhole.core.finding import AdvisoriesOf
    from keyhole.core.library import Library
    from keyhole.scanners.assessment import Assessment, Issue
    from keyhole.scanners.hits import Digest

_Placed = TypeVar("_Placed", "Library", Location)


class Assessed:
    """What all scanners of the files as they are now have said so far."""

    def __init__(self, shown: Mapping[str, str]) -> None:
        """`shown` has the names of files as they may be told; see `Shown`."""
        self._shown = shown
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.libraries: list[Library] = []
        self.advisories_at = ""
        self.kev_at = ""
        self.advisories: tuple[AdvisoriesOf, ...] = ()

    def take(self, scanner: str, assessment: Assessment, commit: str, digest: Digest) -> None:
        """Adds what this scanner says of the commit."""
        self.findings += map(self._told, issues_as_findings(scanner, assessment.issues, commit, digest))
        self.notes += [self._shown[each] for each in assessment.notes]
        self.libraries += map(self._placed, assessment.libraries)
        self.advisories_at = self.advisories_at or assessment.advisories_at
        self.kev_at = self.kev_at or assessment.kev_at
        self.advisories = self.advisories or assessment.advisories

    def to_json(self) -> dict[str, Any]:
        """All of it, as it stands in a result; see `ScanResult.to_json`."""
        return {
            "findings": [each.to_json() for each in self.findings],
            "notes": self.notes,
            "libraries": [encode_fields(each) for each in self.libraries],
            "advisories_at": self.advisories_at,
            "kev_at": self.kev_at,
            "advisories": [encode_fields(each) for each in self.advisories],
        }

    def _told(self, finding: Finding) -> Finding:
        locations = tuple(map(self._placed, finding.locations))
        return finding if locations == finding.locations else replace(finding, locations=locations)

    def _placed(self, each: _Placed) -> _Placed:
        path = self._shown[each.path]
        return each if path == each.path else replace(each, path=path)


def issues_as_findings(scanner: str, issues: Iterable[Issue], commit: str, digest: Digest) -> list[Finding]:
    """One finding for each identity, with all its places, in the order of the first of each."""
    together: dict[str, list[Issue]] = {}
    for issue in issues:
        together.setdefault(f"{issue.rule}:{digest(issue.identity)}", []).append(issue)
    return [_finding(scanner, fingerprint, each, commit, digest) for fingerprint, each in together.items()]


def _finding(scanner: str, fingerprint: str, issues: list[Issue], commit: str, digest: Digest) -> Finding:
    places = sorted({(escape(issue.path), issue.line) for issue in issues})
    about = issues[0].about
    return Finding(
        id=finding_id(scanner, fingerprint),
        scanner=scanner,
        rule=issues[0].rule,
        locations=tuple(Location(commit, "", path, line, 1) for path, line in places[:MAX_LOCATIONS]),
        occurrences=len(places),
        fingerprint=fingerprint,
        last4="",
        surroundings=digest(issues[0].surroundings) if issues[0].surroundings else "",
        **about._asdict(),
    )
