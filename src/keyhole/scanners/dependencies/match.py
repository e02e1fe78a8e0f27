"""Whether advisories are about versions of packages, and what the smallest upgrade is that ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from keyhole.scanners.dependencies.index import Affected, Body, Index
from keyhole.scanners.dependencies.versions import key

Wanted = tuple[str, str, str]
"""Ecosystem, name in its normal spelling, and version of a package."""
_Range = tuple[Any, Any, Any]
"""A span by the keys of its versions; None where it has no such end."""


@dataclass(frozen=True, slots=True)
class Match:
    """Advisories that are about one matter, by one id or another, and about this package."""

    bodies: tuple[Body, ...]
    """The one with the most to say first."""
    fixed: str
    """The smallest version after this one in which none of them applies; empty if none is named."""

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids of the matter, sorted."""
        return tuple(sorted({one for body in self.bodies for one in (body.id, *body.aliases)}))


class _Said:
    """What one advisory says of one package."""

    __slots__ = ("_affected", "_ranges", "body", "number")

    def __init__(self, ecosystem: str, number: int, affected: Affected) -> None:
        self.number = number
        self.body: Body
        self._affected = affected
        self._ranges: list[_Range] = [
            tuple(key(ecosystem, end) if end else None for end in (each.introduced, each.fixed, each.last))  # type: ignore[misc]  # three
            for each in affected.spans
        ]

    def about(self, version: str, mine: Any) -> bool:
        """Whether it is about this version, whose key is `mine`."""
        for introduced, fixed, last in self._ranges:
            if (introduced is None or not mine < introduced) and (
                mine < fixed if fixed is not None else last is None or not last < mine
            ):
                return True
        return f"\n{version}\n" in self._affected.versions

    def ends(self, mine: Any) -> list[tuple[Any, str]]:
        """The versions after `mine` that it calls fixed, with their keys."""
        return [
            (each[1], span.fixed)
            for each, span in zip(self._ranges, self._affected.spans, strict=True)
            if each[1] is not None and mine < each[1]
        ]


def compared(index: Index, wanted: Iterable[Wanted]) -> dict[Wanted, list[Match] | None]:
    """What is known against each of these packages; those of which nothing is known are left out.

    None stands for one whose version cannot be compared with those of the advisories about it.
    """
    names: dict[str, dict[str, set[str]]] = {}
    for ecosystem, name, version in wanted:
        names.setdefault(ecosystem, {}).setdefault(name, set()).add(version)
    met: dict[Wanted, list[_Said] | None] = {}
    for ecosystem, versions in names.items():
        met |= _met(index, ecosystem, versions)
    hits = [said for each in met.values() for said in each or ()]
    bodies = index.bodies({said.number for said in hits})
    for said in hits:
        said.body = bodies[said.number]
    return {each: None if said is None else _matches(each, said) for each, said in met.items()}


def _met(index: Index, ecosystem: str, names: dict[str, set[str]]) -> dict[Wanted, list[_Said] | None]:
    said: dict[str, list[_Said]] = {}
    for name, number, affected in index.affected(ecosystem, names):
        said.setdefault(name, []).append(_Said(ecosystem, number, affected))
    met: dict[Wanted, list[_Said] | None] = {}
    for name, all_said in said.items():
        for version in names[name]:
            try:
                mine = key(ecosystem, version)
            except ValueError:
                met[ecosystem, name, version] = None
                continue
            if hits := [each for each in all_said if each.about(version, mine)]:
                met[ecosystem, name, version] = hits
    return met


def _matches(wanted: Wanted, hits: list[_Said]) -> list[Match]:
    mine = key(wanted[0], wanted[2])
    return [Match(tuple(each.body for each in group), _fixed(mine, group)) for group in _grouped(hits)]


def _fixed(mine: Any, group: list[_Said]) -> str:
    ends: list[tuple[Any, str]] = []
    knowing: list[_Said] = []
    for said in group:
        if named := said.ends(mine):  # a second record of the same matter often knows less
            ends += named
            knowing.append(said)
    for end, text in sorted(ends) if len(ends) > 1 else ends:
        if not any(said.about(text, end) for said in knowing):
            return text
    return ""


def _grouped(hits: list[_Said]) -> list[list[_Said]]:
    """Those that share an id or an alias, however indirectly."""
    if len(hits) == 1:
        return [hits]
    groups: dict[str, list[_Said]] = {}
    for hit in hits:
        ids = {hit.body.id, *hit.body.aliases}
        together = [hit]
        for group in {id(groups[one]): groups[one] for one in ids if one in groups}.values():
            together = group + together
            ids.update(one for each in group for one in (each.body.id, *each.body.aliases))
        groups.update(dict.fromkeys(ids, together))
    different = {id(group): group for group in groups.values()}.values()
    return [sorted(group, key=_weight) for group in different]


def _weight(hit: _Said) -> tuple[bool, bool, str]:
    """GitHub's records have a severity and a summary most often; the id settles the rest."""
    return not hit.body.severity, not hit.body.summary, hit.body.id
