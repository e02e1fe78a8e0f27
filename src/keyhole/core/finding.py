"""What a scan found, and whether it saw everything: the words all scanners, reports and pages share.

A finding never holds the secret it is about: only a keyed digest (`fingerprint`) and, for long ones, four
characters. All text that came from a repository is escaped before it gets here; construction refuses text
that is not, so that no report, log or terminal can be reached by a file name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from keyhole.core.escaping import is_escaped
from keyhole.core.library import Library, PackageFacts
from keyhole.core.strict_json import decode, encode_fields
from keyhole.core.terms import MAX_LOCATIONS, Confidence, Kind, Place, Severity, Status, whereabouts

_SEVERITIES = list(Severity)
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FINGERPRINT = re.compile(r"[a-z0-9-]+:[0-9a-f]{32}")
_DIGEST = re.compile(r"([0-9a-f]{32})?")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?|")


@dataclass(frozen=True, slots=True)
class Location:
    """One place in history where the finding can be seen."""

    commit: str
    """Object id, hexadecimal, of the first commit with it; empty if none has it (a tag names the file)."""
    author_date: str
    """When that commit was written, RFC 3339 in UTC; empty if there is no commit or its date is nonsense."""
    path: str
    """Path inside the repository, escaped by `escape`; of a message, what it belongs to."""
    line: int
    """Line, from 1."""
    column: int
    """Character in the line, from 1."""
    place: Place = Place.FILE
    """File or message."""
    note: str = ""
    """How it is written there if not plainly, such as `base64-encoded`."""
    latest: int = 0
    """Line in the latest version of the file that has it; 0 if that is `line`."""

    def __post_init__(self) -> None:
        if not _OBJECT_ID.fullmatch(self.commit):
            raise ValueError("commit is not an object id")
        if not all(map(is_escaped, (self.path, self.author_date, self.note))):
            raise ValueError("location holds unescaped text")
        if self.line < 1 or self.column < 1 or self.latest < 0:
            raise ValueError("lines and columns count from 1")

    @property
    def where(self) -> str:
        """The place in words."""
        return whereabouts(self.place, self.path, self.line, self.commit)


@dataclass(frozen=True, slots=True)
class Finding:
    """One secret or other defect, however often it occurs."""

    id: str
    """Stable for the same finding under the same HMAC secret; see `finding_id`."""
    scanner: str
    """Id of the scanner."""
    rule: str
    """Id of the rule."""
    title: str
    """What was found, in a few words."""
    severity: Severity
    """How bad, if true."""
    confidence: Confidence
    """How surely true."""
    locations: tuple[Location, ...]
    """At least one and at most MAX_LOCATIONS, first commit first."""
    occurrences: int
    """How many locations there are, named or not."""
    fingerprint: str
    """`RULE:` and 32 hexadecimal digits of HMAC-SHA-256 over the value."""
    last4: str
    """Last four characters of a value of at least LAST4_FROM printable ASCII characters; otherwise empty."""
    why: str
    """Why it matters."""
    fix: str
    """What to do about it."""
    references: tuple[str, ...]
    """Addresses of the provider's own documentation."""
    kind: Kind
    """What sort of defect it is."""
    package: tuple[PackageFacts, ...] = ()
    """The package that it is about, if it is about one: none or one."""
    surroundings: str = ""
    """32 hexadecimal digits of HMAC-SHA-256 over the lines around it, by which it is known again when its file is
    renamed; empty where the id does not depend on the path."""

    def __post_init__(self) -> None:
        if len(self.package) > 1:
            raise ValueError("a finding is about one package at most")
        if not 1 <= len(self.locations) <= MAX_LOCATIONS or self.occurrences < len(self.locations):
            raise ValueError("a finding has between one and MAX_LOCATIONS locations, and counts them")
        if not _NAME.fullmatch(self.scanner) or not _NAME.fullmatch(self.rule):
            raise ValueError("scanner and rule are lower-case names with hyphens")
        if not _FINGERPRINT.fullmatch(self.fingerprint):
            raise ValueError("fingerprint is not RULE:DIGEST")
        if not _DIGEST.fullmatch(self.surroundings):
            raise ValueError("surroundings are a digest or nothing")
        if len(self.last4) not in {0, 4} or not (self.last4.isascii() and is_escaped(self.last4)):
            raise ValueError("last4 is four characters or none")
        if not all(map(is_escaped, (self.id, self.title, self.why, self.fix, *self.references))):
            raise ValueError("finding holds unescaped text")

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`; `from_json` gives the same finding back."""
        return encode_fields(self)

    @classmethod
    def from_json(cls, data: object) -> Finding:
        """The finding written by `to_json`. Raises ValueError for anything missing, unknown or mistyped."""
        return decode(cls, data)


@dataclass(frozen=True, slots=True)
class AdvisoriesOf:
    """The state of the advisories of one ecosystem."""

    ecosystem: str
    at: str
    """When they were last synced, RFC 3339."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What one scan of one repository came to."""

    status: Status
    """Complete only if every reachable object was read whole by every scanner asked for."""
    reasons: tuple[str, ...]
    """Why it is incomplete, for people; empty exactly if it is complete."""
    notes: tuple[str, ...]
    """What was looked at and by which measure, for people."""
    commit: str
    """Object id of the first tip asked for, or of HEAD, when the scan began; empty if there is no such commit."""
    scanners: tuple[str, ...]
    """Ids of the scanners that ran."""
    objects: int
    """Unique objects read."""
    bytes_read: int
    """Bytes of those objects."""
    findings: tuple[Finding, ...]
    """Worst first."""
    rules_version: str
    """Changes whenever a rule does."""
    duration: float
    """Seconds, from start to end."""
    isolation: tuple[str, ...]
    """What held the scanning process in, in words."""
    libraries: tuple[Library, ...] = ()
    """Every package that the files of the commit name, vulnerable or not."""
    advisories_at: str = ""
    """When the advisories that packages were compared with were last synced, RFC 3339; empty if none were used. Of
    several ecosystems that of the oldest."""
    kev_at: str = ""
    """When the list of vulnerabilities that are exploited (KEV) was last synced, RFC 3339; empty if none was used."""
    advisories: tuple[AdvisoriesOf, ...] = ()
    """Those that packages were compared with, by ecosystem; empty also for what was scanned before this was kept."""

    def __post_init__(self) -> None:
        if (self.status is Status.COMPLETE) == bool(self.reasons):
            raise ValueError("a scan is incomplete exactly if there is a reason why")
        if not all(map(is_escaped, (*self.reasons, *self.notes))) or not _OBJECT_ID.fullmatch(self.commit):
            raise ValueError("scan result holds unescaped text")

    @property
    def clean(self) -> bool:
        """Whether everything was read and nothing found. An incomplete scan is never clean."""
        return self.status is Status.COMPLETE and not self.findings

    @property
    def verdict(self) -> str:
        """`clean`, `3 findings`, `incomplete (reason)` or both of the latter, for people."""
        found = f"{len(self.findings)} finding{'' if len(self.findings) == 1 else 's'}"
        if self.status is Status.INCOMPLETE:
            reasons = f"incomplete ({'; '.join(self.reasons)})"
            return f"{found}, {reasons}" if self.findings else reasons
        return found if self.findings else "clean"

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`; `from_json` gives the same result back."""
        return encode_fields(self)

    @classmethod
    def from_json(cls, data: object) -> ScanResult:
        """The result written by `to_json`. Raises ValueError for anything missing, unknown or mistyped."""
        return decode(cls, data)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by severity; those of one severity stay as they are."""
    return tuple(sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity)))
