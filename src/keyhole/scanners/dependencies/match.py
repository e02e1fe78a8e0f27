"""Whether advisories are about versions of packages, and what the smallest upgrade is that ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from keyhole.scanners.dependencies.index import Affected, Body, Index
from keyhole.scanners.dependencies.versions import key

Wanted = tuple[str, str, str]
"""Ecosystem, name in its normal spelling, and version of a package."""
_LASTING = ("CVE-", "GHSA-")
_Range = tuple[Any, Any, Any]
"""A span by the keys of its versions; None where it has no such end."""


@dataclass(frozen=True, slots=True)
class Matter:
    """Advisories that are about one matter, by one id or another."""

    bodies: tuple[Body, ...]
    """The one with the most to say first."""
    ids: tuple[str, ...]
    """All ids of the matter, sorted."""
    lasting: str
    """The id that the matter keeps when others join: a CVE where there is one."""


@dataclass(frozen=True, slots=True)
class Match:
    """A matter that is about a package at its version."""

    matter: Matter
    fixed: str
    """The smallest version after this one in which none of it applies; empty if none is named."""


class _Said:
    """What one advisory says of one package."""

    __slots__ = ("_affected", "_ranges", "number")

    def __init__(self, ecosystem: str, number: int, affected: Affected) -> None:
        self.number = number
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

    def end(self, mine: Any) -> str | None:
        """The version after `mine` that ends the only range there is, empty if none does; None if there are more."""
        if len(self._ranges) != 1:
            return None
        fixed = self._ranges[0][1]
        return self._affected.spans[0].fixed if fixed is not None and mine < fixed else ""

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
    numbers = {said.number for each in met.values() for said in each or ()}
    return _Matches(index.bodies(numbers)).of_all(met)


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


class _Matches:
    """Puts hits together to matters, those that were put together before only once."""

    def __init__(self, bodies: dict[int, Body]) -> None:
        self._bodies = bodies
        self._known: dict[tuple[int, ...], list[tuple[Matter, list[int]]]] = {}
        self._matters: dict[tuple[int, ...], Matter] = {}

    def of_all(self, met: dict[Wanted, list[_Said] | None]) -> dict[Wanted, list[Match] | None]:
        return {each: None if said is None else self._of(each, said) for each, said in met.items()}

    def _of(self, wanted: Wanted, hits: list[_Said]) -> list[Match]:
        mine = key(wanted[0], wanted[2])
        numbers = tuple(said.number for said in hits)
        if (groups := self._known.get(numbers)) is None:
            groups = self._known[numbers] = [
                (self._matter(tuple(numbers[place] for place in group)), group)
                for group in _grouped([self._bodies[number] for number in numbers])
            ]
        return [Match(matter, _fixed(mine, [hits[place] for place in places])) for matter, places in groups]

    def _matter(self, numbers: tuple[int, ...]) -> Matter:
        if (matter := self._matters.get(numbers)) is None:
            matter = self._matters[numbers] = _matter([self._bodies[number] for number in numbers])
        return matter


def _fixed(mine: Any, group: list[_Said]) -> str:
    if len(group) == 1 and (end := group[0].end(mine)) is not None:
        return end  # as for most
    ends: list[tuple[Any, str]] = []
    knowing: list[_Said] = []
    for said in group:
        if named := said.ends(mine):  # a second record of the same matter often knows less
            ends += named
            knowing.append(said)
    if len(ends) > 1:
        ends.sort()
    for end, text in ends:
        for said in knowing:
            if said.about(text, end):
                break
        else:
            return text
    return ""


def _grouped(bodies: list[Body]) -> list[list[int]]:
    """Where in the list those are that share an id or an alias, however indirectly."""
    if len(bodies) == 1:
        return [[0]]
    groups: dict[str, list[int]] = {}
    for place, body in enumerate(bodies):
        ids = {body.id, *body.aliases}
        together = [place]
        for group in {id(groups[one]): groups[one] for one in ids if one in groups}.values():
            together = group + together
            ids.update(one for each in group for one in (bodies[each].id, *bodies[each].aliases))
        groups.update(dict.fromkeys(ids, together))
    return list({id(group): group for group in groups.values()}.values())


def _matter(bodies: list[Body]) -> Matter:
    ids = tuple(sorted({one for body in bodies for one in (body.id, *body.aliases)}))
    lasting = next((one for prefix in _LASTING for one in ids if one.startswith(prefix)), ids[0])
    return Matter(tuple(sorted(bodies, key=_weight)), ids, lasting)


def _weight(body: Body) -> tuple[bool, bool, str]:
    """GitHub's records have a severity and a summary most often; the id settles the rest."""
    return not body.severity, not body.summary, body.id
