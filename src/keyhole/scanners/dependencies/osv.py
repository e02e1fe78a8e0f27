"""One advisory in OSV's form, taken apart into what matching needs.

Format: https://ossf.github.io/osv-schema/. Ranges of git commits are left out: they say nothing of versions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cvss import CVSS3, CVSS4, CVSSError

from keyhole.core.finding import Severity
from keyhole.scanners.dependencies.documents import as_object, objects, word
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed
from keyhole.scanners.dependencies.versions import key, orders

Span = tuple[str, str, str]
"""A range: the version that introduced it (empty: from the beginning), the one that fixed it, or else the last one
that it affects (both empty: to the end)."""
_MALICIOUS = "MAL-"
_SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
_WORDS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}


@dataclass(frozen=True, slots=True)
class Affected:
    """One package that the advisory is about."""

    ecosystem: str
    name: str
    """Normal spelling."""
    spans: tuple[Span, ...]
    versions: tuple[str, ...]
    """Versions named one by one, besides."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory."""

    id: str
    modified: str
    """RFC 3339."""
    withdrawn: bool
    aliases: tuple[str, ...]
    """Other ids of the same matter, sorted."""
    summary: str
    severity: str
    """A `Severity`, or empty when the advisory gives none."""
    references: tuple[str, ...]
    affected: tuple[Affected, ...]

    @property
    def malicious(self) -> bool:
        """Whether the package itself is the attack."""
        return self.id.startswith(_MALICIOUS)


def parse(content: bytes) -> Advisory:
    """The advisory in a JSON text. Malformed when it is none."""
    try:
        record = as_object(json.loads(content))
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    identity = word(record.get("id"))
    if not identity:
        raise Malformed("an advisory without an id")
    aliases = [word(alias) for alias in record.get("aliases") or ()]
    return Advisory(
        identity,
        word(record.get("modified")),
        bool(record.get("withdrawn")),
        tuple(sorted({alias for alias in aliases if alias})),
        word(record.get("summary")) or _first_line(word(record.get("details"))),
        _severity(record, identity),
        tuple(filter(None, (word(each.get("url")) for each in objects(record.get("references"))))),
        tuple(_all_affected(record)),
    )


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 200 else f"{line[:197]}..."


def _severity(record: dict[str, Any], identity: str) -> str:
    if identity.startswith(_MALICIOUS):
        return Severity.CRITICAL.value
    named = _WORDS.get(word(as_object(record.get("database_specific") or {}).get("severity")).upper())
    if named is not None:
        return named.value
    scores = [score for each in objects(record.get("severity")) if (score := _score(each)) is not None]
    if not scores:
        return ""
    return next((level for least, level in _SCORES if max(scores) >= least), Severity.LOW).value


def _score(entry: dict[str, Any]) -> float | None:
    kinds = {"CVSS_V3": CVSS3, "CVSS_V4": CVSS4}
    kind = kinds.get(word(entry.get("type")))
    try:
        return None if kind is None else float(kind(word(entry.get("score"))).base_score)
    except CVSSError:
        return None


def _all_affected(record: dict[str, Any]) -> Iterator[Affected]:
    for entry in objects(record.get("affected")):
        package = as_object(entry.get("package") or {})
        # `Ubuntu:22.04:LTS` and the like: the part before the colon is the ecosystem.
        ecosystem = word(package.get("ecosystem")).partition(":")[0]
        if ecosystem not in orders():
            continue
        spans = [
            span
            for found in objects(entry.get("ranges"))
            if found.get("type") != "GIT"
            for span in _spans(ecosystem, objects(found.get("events")))
        ]
        versions = tuple(filter(None, map(word, entry.get("versions") or ())))
        yield Affected(ecosystem, normal(ecosystem, word(package.get("name"))), tuple(spans), versions)


def _spans(ecosystem: str, events: Iterable[dict[str, Any]]) -> Iterator[Span]:
    """The ranges that the events mean; they may come in any order. What cannot be ordered is left out."""
    points = []
    for event in events:
        for rank, name in enumerate(("introduced", "limit", "fixed", "last_affected")):
            version = word(event.get(name))
            if not version:
                continue
            try:
                points.append(((0,) if version == "0" else (1, key(ecosystem, version)), rank, name, version))
            except ValueError:
                continue
    points.sort(key=lambda point: point[:2])
    open_since: str | None = None
    for _, _, name, version in points:
        if name == "introduced":
            open_since = ("" if version == "0" else version) if open_since is None else open_since
        elif open_since is not None:
            yield (open_since, "", version) if name == "last_affected" else (open_since, version, "")
            open_since = None
    if open_since is not None:
        yield open_since, "", ""
