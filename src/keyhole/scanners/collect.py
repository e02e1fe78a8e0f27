"""From hits in texts to findings with places: the same secret is one finding, wherever and however often it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from keyhole.core.terms import MAX_LOCATIONS, Place, Severity, finding_id
from keyhole.scanners.examination import Found, Site
from keyhole.scanners.hits import Hit
from keyhole.scanners.interface import Examiner
from keyhole.scanners.introduction import Introduction
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import Trouble
from keyhole.scanners.shown import Shown

if TYPE_CHECKING:
    from keyhole.scanners.graph import Order

_PLACES = {"blob": Place.FILE, "commit": Place.COMMIT_MESSAGE, "tag": Place.TAG_MESSAGE}
_SEVERITIES = list(Severity)

Told = dict[str, Any]
"""A finding as `Finding.from_json` takes it. Made one, and checked, by whoever started this process."""


class Record(NamedTuple):
    """One finding to be: what was hit first, and everywhere that it was hit."""

    scanner: str
    hit: Hit
    sites: list[Site]


class Collector:
    """Gathers hits while objects are read."""

    def __init__(self, limits: Limits, trouble: Trouble) -> None:
        self._limits = limits
        self._trouble = trouble
        self._records: dict[tuple[str, str], Record] = {}
        self._sites = 0

    def add(self, found: Found) -> None:
        """Keeps a hit, or notes that there are too many."""
        scanner, hit, site = found
        record = self._records.get((scanner, hit.fingerprint))
        if record is None:
            if len(self._records) >= self._limits.findings:
                self._trouble.note(f"more than {self._limits.findings} findings; the others are not kept")
                return
            record = self._records[scanner, hit.fingerprint] = Record(scanner, hit, [])
        if self._sites >= self._limits.sites:
            self._trouble.note(f"more than {self._limits.sites} places; the others are not kept")
            if record.sites:
                return
        self._sites += 1
        record.sites.append(site)

    def objects(self) -> set[bytes]:
        """Every object with something in it."""
        return {site.object_id for record in self._records.values() for site in record.sites}

    def take(self, records: Iterable[Record]) -> None:
        """Keeps what an earlier scan with the same limits had, before anything is added."""
        for record in records:
            self._records[record.scanner, record.hit.fingerprint] = record._replace(sites=[*record.sites])
            self._sites += len(record.sites)

    def all(self) -> Iterable[Record]:
        """What was kept."""
        return self._records.values()

    def findings(
        self,
        examiners: Mapping[str, Examiner],
        introduced: Mapping[bytes, list[Introduction]],
        shown: Mapping[str, str] | None = None,
    ) -> list[Told]:
        """All findings, worst first, then by rule and the age of their first location. `shown`: see `Shown`."""
        shown = shown if shown is not None else Shown(examiners.values())
        made = [
            (_order(locations), _finding(record, examiners[record.scanner], locations))
            for record in self._records.values()
            for locations in [_locations(record, introduced, shown)]
            if locations  # what no ref reaches is nobody's
        ]
        made.sort(key=lambda pair: (_severity(pair[1]), pair[1]["rule"], pair[0], pair[1]["id"]))
        return [finding for _, finding in made]


class _Located:
    """Where a finding is at one path, by what history first has there and what it had there last."""

    __slots__ = ("introduction", "last", "latest", "path", "site")

    def __init__(self, path: str, introduction: Introduction, site: Site) -> None:
        self.path = path
        self.introduction = introduction
        self.site = site
        self.last = introduction.order
        """When the path had it last."""
        self.latest = site.line
        """On which line that was."""

    def take(self, introduction: Introduction, site: Site) -> None:
        """Once more."""
        order, line = introduction.order, site.line
        if order > self.last:
            self.last, self.latest = order, line
        elif order == self.last and line < self.latest:
            self.latest = line  # of two lines of one version the upper one
        first = self.introduction.order
        if order < first or (order == first and (line, site.column) < (self.site.line, self.site.column)):
            self.introduction, self.site = introduction, site

    @property
    def where(self) -> tuple[Order, str, int, int]:
        """Its place in the order of findings' places."""
        return self.introduction.order, self.path, self.site.line, self.site.column


def _locations(
    record: Record, introduced: Mapping[bytes, list[Introduction]], shown: Mapping[str, str]
) -> list[_Located]:
    """Per path and place, where history first has it. Of later versions of the file only the line in the last one is
    something that a person could use.
    """
    first: dict[tuple[str, str], _Located] = {}
    for site in record.sites:
        apart = site.kind != "blob"  # each message is a place of its own
        for introduction in introduced.get(site.object_id, ()):
            name = introduction.path
            path = shown[f"{name}!{site.inner}" if site.inner else name]
            key = path, introduction.commit if apart else ""
            known = first.get(key)
            if known is None:
                first[key] = _Located(path, introduction, site)
            else:
                known.take(introduction, site)
    return sorted(first.values(), key=_where)


def _where(located: _Located) -> tuple[Order, str, int, int]:
    return located.where


def _order(locations: list[_Located]) -> tuple[Order, str, int]:
    return locations[0].where[:3]


def _location(located: _Located) -> Told:
    said, site, latest = located.introduction, located.site, located.latest
    return {
        "commit": said.commit,
        "author_date": said.author_date,
        "path": located.path,
        "line": site.line,
        "column": site.column,
        "place": _PLACES[site.kind],
        "note": site.note,
        "latest": latest if latest != site.line else 0,
    }


def _finding(record: Record, examiner: Examiner, locations: list[_Located]) -> Told:
    about = examiner.about(record.hit.rule)
    return {
        "id": finding_id(record.scanner, record.hit.fingerprint),
        "scanner": record.scanner,
        "rule": record.hit.rule,
        "locations": list(map(_location, locations[:MAX_LOCATIONS])),
        "occurrences": len(locations),
        "fingerprint": record.hit.fingerprint,
        "last4": record.hit.last4,
        **about._asdict(),
    }


def worst_first(findings: Iterable[Told]) -> list[Told]:
    """The findings by severity; those of one severity stay as they are."""
    return sorted(findings, key=_severity)


def _severity(finding: Told) -> int:
    return _SEVERITIES.index(finding["severity"])
