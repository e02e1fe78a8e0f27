"""One advisory in OSV's form, taken apart into what matching needs.

Format: https://ossf.github.io/osv-schema/. Ranges of git commits are left out: they say nothing of versions.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from cvss import CVSS3, CVSS4, CVSSError

from keyhole.core.terms import Severity
from keyhole.scanners.dependencies.documents import as_object, objects, word
from keyhole.scanners.dependencies.index import Affected, Span
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed, plain
from keyhole.scanners.dependencies.versions import key, orders

MALICIOUS = "MAL-"
_SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
_WORDS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}


_MOST_REFERENCES = 10
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\d*(?:Z|\+00:00)")
_NEVER = "0001-"
"""The year of a time that was never set."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory."""

    id: str
    modified: str
    """See `instant`."""
    withdrawn: bool
    aliases: tuple[str, ...]
    """Other ids of the same matter, sorted."""
    summary: str
    severity: str
    """A `Severity`, or empty when the advisory gives none."""
    references: tuple[str, ...]
    affected: dict[tuple[str, str], Affected]
    """What of each package, by ecosystem and name in its normal spelling."""


def instant(text: str) -> str:
    """A time in a form of which two can be compared as texts; empty if it is none, or one that was never set."""
    match = _INSTANT.fullmatch(text)
    if match is None or text.startswith(_NEVER):
        return ""
    return f"{match[1]}.{match[2].ljust(9, '0')}Z" if match[2] else f"{match[1]}.000000000Z"


def parse(content: bytes) -> Advisory:
    """The advisory in a JSON text. Malformed when it is none."""
    record = _record(content)
    identity = plain(word(record.get("id")))
    if not identity:
        raise Malformed("an advisory without an id")
    aliases = {plain(word(alias)) for alias in _list(record.get("aliases"))}
    addresses = (plain(word(each.get("url"))) for each in objects(record.get("references")))
    references = dict.fromkeys(address for address in addresses if address.startswith("https://"))
    return Advisory(
        identity,
        instant(word(record.get("modified"))),
        bool(record.get("withdrawn")),
        tuple(sorted(aliases - {""})),
        plain(word(record.get("summary")) or _first_line(word(record.get("details")))),
        _severity(record, identity),
        tuple(references)[:_MOST_REFERENCES],
        _all_affected(record),
    )


def _record(content: bytes) -> dict[str, Any]:
    try:
        return as_object(msgspec.json.decode(content))
    except (msgspec.MsgspecError, RecursionError):
        pass
    try:  # it may hold halves of characters, which are JSON all the same
        whole = json.dumps(json.loads(content), ensure_ascii=False).encode("utf-8", "replace")
        return as_object(msgspec.json.decode(whole))
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None


def _list(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 200 else f"{line[:197]}..."


def _severity(record: dict[str, Any], identity: str) -> str:
    if identity.startswith(MALICIOUS):
        return Severity.CRITICAL.value
    named = _WORDS.get(word(as_object(record.get("database_specific") or {}).get("severity")).upper())
    if named is not None:
        return named.value
    given = [(word(each.get("type")), word(each.get("score"))) for each in objects(record.get("severity"))]
    scores = [score for each in given if (score := _score(*each)) is not None]
    if not scores:
        return ""
    return next((level for least, level in _SCORES if max(scores) >= least), Severity.LOW).value


@functools.lru_cache(10_000)
def _score(name: str, vector: str) -> float | None:
    kind = {"CVSS_V3": CVSS3, "CVSS_V4": CVSS4}.get(name)
    try:
        return None if kind is None else float(kind(vector).base_score)
    except CVSSError:
        return None


def _all_affected(record: dict[str, Any]) -> dict[tuple[str, str], Affected]:
    found: dict[tuple[str, str], tuple[list[Span], list[str]]] = {}
    for entry in objects(record.get("affected")):
        package = as_object(entry.get("package") or {})
        # `Ubuntu:22.04:LTS` and the like: the part before the colon is the ecosystem.
        ecosystem = word(package.get("ecosystem")).partition(":")[0]
        if ecosystem not in orders():
            continue
        spans, versions = found.setdefault(
            (ecosystem, normal(ecosystem, word(package.get("name")))), ([], [])
        )
        for each in objects(entry.get("ranges")):
            if each.get("type") != "GIT":
                spans += _spans(ecosystem, objects(each.get("events")))
        versions += filter(None, map(word, _list(entry.get("versions"))))
    return {
        package: Affected(tuple(dict.fromkeys(spans)), "\n".join(("", *versions, "")) if versions else "")
        for package, (spans, versions) in found.items()
    }


def _spans(ecosystem: str, events: Iterable[dict[str, Any]]) -> Iterator[Span]:
    """The ranges that the events mean; they may come in any order. An end that cannot be ordered is left out.

    At one version they count in the order in which they are given: it may end one range and begin the next. A range
    whose beginning cannot be ordered goes to the end that is given next.
    """
    points = [
        (_place(ecosystem, version), name, version)
        for event in events
        for name in ("introduced", "limit", "fixed", "last_affected")
        if (version := word(event.get(name)))
    ]
    yield from _paired(each for each in points if each[0] is None or each[1] != "introduced")
    settled = [each for each in points if each[0] is not None]
    yield from _paired(sorted(settled, key=lambda each: (each[0], each[1] == "last_affected")))


def _place(ecosystem: str, version: str) -> tuple[Any, ...] | None:
    try:
        return (0,) if version == "0" else (1, key(ecosystem, version))
    except ValueError:
        return None


def _paired(points: Iterable[tuple[tuple[Any, ...] | None, str, str]]) -> Iterator[Span]:
    open_since: str | None = None
    for place, name, version in points:
        if name == "introduced":
            open_since = ("" if version == "0" else version) if open_since is None else open_since
        elif open_since is not None:
            end = version if place is not None else ""
            yield Span(open_since, "", end) if name == "last_affected" else Span(open_since, end, "")
            open_since = None
    if open_since is not None:
        yield Span(open_since, "", "")
