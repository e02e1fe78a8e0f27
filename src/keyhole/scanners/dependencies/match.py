"""Whether an advisory is about a version of a package, and what the smallest upgrade is that ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keyhole.scanners.dependencies.index import Entry, Index
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.osv import Span
from keyhole.scanners.dependencies.package import Package
from keyhole.scanners.dependencies.versions import key


@dataclass(frozen=True, slots=True)
class Match:
    """Advisories that are about one matter, by one id or another, and about this package."""

    package: Package
    entries: tuple[Entry, ...]
    """The one with the most to say first."""
    fixed: str
    """The smallest version after this one in which none of them applies; empty if none is named."""

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids of the matter, sorted."""
        return tuple(sorted({one for entry in self.entries for one in (entry.id, *entry.aliases)}))


class Unordered(Exception):
    """The package's version is none that its ecosystem orders, so that nothing can be said about it."""


def matches(index: Index, package: Package) -> list[Match]:
    """What is known against this package. Unordered when its version cannot be compared with those of advisories."""
    about = list(index.about(package.ecosystem, normal(package.ecosystem, package.name)))
    if not about:
        return []
    try:
        mine = key(package.ecosystem, package.version)
    except ValueError:
        raise Unordered from None
    entries = [
        index.entry(number, spans, versions)
        for number, spans, versions in about
        if package.version in versions or any(_within(package.ecosystem, mine, span) for span in spans)
    ]
    return [Match(package, group, _fixed(package, mine, group)) for group in _grouped(entries)]


def _within(ecosystem: str, mine: Any, span: Span) -> bool:
    introduced, fixed, last = span
    if introduced and mine < key(ecosystem, introduced):
        return False
    if fixed:
        return bool(mine < key(ecosystem, fixed))
    return not last or not key(ecosystem, last) < mine


def _fixed(package: Package, mine: Any, entries: tuple[Entry, ...]) -> str:
    needed = ""
    for entry in entries:
        ends = [
            (key(package.ecosystem, span[1]), span[1])
            for span in entry.spans
            if span[1] and _within(package.ecosystem, mine, span)
        ]
        if not ends:
            continue  # a second record of the same matter often knows less
        _, end = min(ends)
        if not needed or key(package.ecosystem, needed) < key(package.ecosystem, end):
            needed = end
    return needed


def _grouped(entries: list[Entry]) -> list[tuple[Entry, ...]]:
    """Those that share an id or an alias, however indirectly."""
    groups: list[tuple[set[str], list[Entry]]] = []
    for entry in entries:
        ids, together = {entry.id, *entry.aliases}, [entry]
        for group in [group for group in groups if group[0] & ids]:
            groups.remove(group)
            ids |= group[0]
            together = group[1] + together
        groups.append((ids, together))
    return [tuple(sorted(together, key=_weight)) for _, together in groups]


def _weight(entry: Entry) -> tuple[bool, bool, str]:
    """GitHub's records have a severity and a summary most often; the id settles the rest."""
    return not entry.severity, not entry.summary, entry.id
