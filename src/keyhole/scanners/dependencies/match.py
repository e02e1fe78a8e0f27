"""Whether advisories are about versions of packages, and what the smallest upgrade is that ends it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from keyhole.scanners.dependencies.index import Affected, Body, Index
from keyhole.scanners.dependencies.versions import key, kinds, public

Wanted = tuple[str, str, str]
"""Ecosystem, name in its normal spelling, and version of a package."""
_LASTING = ("CVE-", "GHSA-")
_Range = tuple[Any, Any, Any]
"""A span by the keys of its versions; None where it has no such end."""


class Matter(NamedTuple):
    """Advisories that are about one matter, by one id or another."""

    bodies: tuple[Body, ...]
    """The one with the most to say first."""
    ids: tuple[str, ...]
    """All ids of the matter, sorted."""
    lasting: str
    """The id that the matter keeps when others join: a CVE where there is one."""


class Match(NamedTuple):
    """A matter that is about a package at its version."""

    matter: Matter
    fixed: str
    """The smallest version after this one in which none of it applies; empty if none is named."""


class Compared(NamedTuple):
    """What is known against packages."""

    matches: dict[Wanted, list[Match]]
    """What is about each; those that nothing is about are left out."""
    loose: frozenset[Wanted]
    """Those whose version cannot be compared with all advisories about the package, so that more may be about it."""


class _Said:
    """What one advisory says of one package."""

    __slots__ = ("_affected", "_ecosystem", "_ends", "_loose", "_ranges", "alone", "kinds", "lasts", "number")

    def __init__(self, ecosystem: str, number: int, affected: Affected) -> None:
        self.number = number
        self._ecosystem = ecosystem
        self._affected = affected
        self._ends: list[tuple[Any, str]] | None = None
        self.alone: _Together | None = None
        """What comes of it where no other advisory is about the same matter, once that was asked for."""
        self._ranges: list[_Range] = []
        self._loose: list[_Range] = []
        """Those whose beginning has no place among versions, as if they began with the first."""
        for each in affected.spans:
            fixed, last = (key(ecosystem, end) if end else None for end in (each.fixed, each.last))
            try:
                since = key(ecosystem, each.introduced) if each.introduced else None
                self._ranges.append((since, fixed, last))
            except ValueError:
                self._loose.append((None, fixed, last))
        kind = kinds().get(ecosystem)
        ends = (end for each in (*self._ranges, *self._loose) for end in each if end is not None)
        self.kinds = frozenset(map(kind, ends)) if kind is not None else frozenset()
        """Of the versions at which its ranges begin and end, where there are several."""
        if not affected.spans:  # otherwise these are the ones in its ranges, as they were published
            self._ranges += _listed(ecosystem, affected.versions)
        self.lasts = [last for _, _, last in self._ranges if last is not None]
        """Keys of the versions that it calls the last affected ones."""

    def about(self, spellings: Iterable[str], mine: Any) -> bool:
        """Whether it is about the version that is spelled so, whose key is `mine`."""
        return _within(mine, self._ranges) or any(
            f"\n{each}\n" in self._affected.versions for each in spellings
        )

    def loose(self, mine: Any) -> bool:
        """Whether it cannot be told if it is about the version with this key, where nothing else says that it is."""
        return _within(mine, self._loose)

    def knows(self, mine: Any) -> bool:
        """Whether it names a version at or after the one with this key at which something of it ends."""
        return any(mine < end for end, _ in self.ends) or any(not last < mine for last in self.lasts)

    @property
    def simple(self) -> bool:
        """Whether it has one range."""
        return len(self._ranges) == 1 and not self._loose

    @property
    def ends(self) -> list[tuple[Any, str]]:
        """The versions that it calls fixed, with their keys."""
        if self._ends is None:
            self._ends = [
                (key(self._ecosystem, span.fixed), span.fixed) for span in self._affected.spans if span.fixed
            ]
        return self._ends


def _listed(ecosystem: str, versions: str) -> Iterator[_Range]:
    """Versions named one by one as ranges of one each: one can be spelled in several ways, `v1.0` and `1.0.0`."""
    for version in versions.split("\n"):
        try:
            one = key(ecosystem, public(ecosystem, version))
        except ValueError:
            continue  # it is known by its text alone
        yield one, None, one


def _within(mine: Any, ranges: list[_Range]) -> bool:
    for introduced, fixed, last in ranges:
        if (introduced is None or not mine < introduced) and (
            mine < fixed if fixed is not None else last is None or not last < mine
        ):
            return True
    return False


def compared(index: Index, wanted: Iterable[Wanted]) -> Compared:
    """What is known against each of these packages."""
    names: dict[str, dict[str, set[str]]] = {}
    for ecosystem, name, version in wanted:
        names.setdefault(ecosystem, {}).setdefault(name, set()).add(version)
    met: dict[Wanted, list[_Said]] = {}
    loose: set[Wanted] = set()
    for ecosystem, versions in names.items():
        met |= _met(index, ecosystem, versions, loose)
    numbers = {said.number for each in met.values() for said in each}
    return Compared(_Matches(index.bodies(numbers)).of_all(met), frozenset(loose))


def _met(
    index: Index, ecosystem: str, names: dict[str, set[str]], loose: set[Wanted]
) -> dict[Wanted, list[_Said]]:
    said: dict[str, list[_Said]] = {}
    for name, number, affected in index.affected(ecosystem, names):
        said.setdefault(name, []).append(_Said(ecosystem, number, affected))
    kind = kinds().get(ecosystem)
    met: dict[Wanted, list[_Said]] = {}
    for name, all_said in said.items():
        for version in names[name]:
            text = public(ecosystem, version)
            try:
                mine = key(ecosystem, text)
            except ValueError:
                loose.add((ecosystem, name, version))
                continue
            spellings = {version, text}
            if hits := [each for each in all_said if each.about(spellings, mine)]:
                met[ecosystem, name, version] = hits
            others = [each for each in all_said if each not in hits]
            if any(each.loose(mine) for each in others) or (
                kind is not None and any(each.kinds - {kind(mine)} for each in others)
            ):
                loose.add((ecosystem, name, version))
    return met


class _Matches:
    """Puts hits together to matters, those that were put together before only once."""

    def __init__(self, bodies: dict[int, Body]) -> None:
        self._bodies = bodies
        self._kin = _kin(bodies)
        self._together: dict[tuple[_Said, ...], list[_Together]] = {}
        self._matters: dict[tuple[int, ...], Matter] = {}

    def of_all(self, met: dict[Wanted, list[_Said]]) -> dict[Wanted, list[Match]]:
        return {each: self._of(each, said) for each, said in met.items()}

    def _of(self, wanted: Wanted, hits: list[_Said]) -> list[Match]:
        mine, kin = key(wanted[0], public(wanted[0], wanted[2])), self._kin
        matches = []
        families: dict[int, tuple[_Said, ...]] = {}
        for said in hits:
            number = kin.get(said.number)
            if number is None:  # as for most
                matches.append((said.alone or self._alone(said)).match(mine))
            else:
                families[number] = (*families[number], said) if number in families else (said,)
        if not families:
            return matches
        return [group.match(mine) for family in families.values() for group in self._groups(family)] + matches

    def _alone(self, said: _Said) -> _Together:
        said.alone = self._group((said,))
        return said.alone

    def _groups(self, family: tuple[_Said, ...]) -> list[_Together]:
        """Of a family those that are about one matter without the help of members that are not about the version."""
        if (groups := self._together.get(family)) is None:
            groups = self._together[family] = [
                self._group(tuple(family[place] for place in places))
                for places in _grouped([self._bodies[each.number] for each in family])
            ]
        return groups

    def _group(self, said: tuple[_Said, ...]) -> _Together:
        return _Together(self._matter(tuple(each.number for each in said)), said)

    def _matter(self, numbers: tuple[int, ...]) -> Matter:
        if (matter := self._matters.get(numbers)) is None:
            matter = self._matters[numbers] = _matter([self._bodies[number] for number in numbers])
        return matter


class _Together:
    """What is said of one package about one matter. Versions between two that end something have one answer."""

    __slots__ = ("_ends", "_keys", "_lasts", "_matches", "_matter", "_said", "_simple")

    def __init__(self, matter: Matter, said: tuple[_Said, ...]) -> None:
        self._matter = matter
        self._said = said
        self._simple = len(said) == 1 and said[0].simple
        self._ends = said[0].ends if self._simple else sorted(end for each in said for end in each.ends)
        self._keys = [end for end, _ in self._ends]
        self._lasts = sorted(last for each in said for last in each.lasts)
        self._matches: dict[tuple[int, int], Match] = {}

    def match(self, mine: Any) -> Match:
        """The match for a version with this key."""
        place = bisect_right(self._keys, mine)
        between = place, bisect_left(self._lasts, mine)
        if (match := self._matches.get(between)) is None:
            match = self._matches[between] = Match(self._matter, self._fixed(mine, place))
        return match

    def _fixed(self, mine: Any, place: int) -> str:
        """The first version after `mine` in which nothing applies, by those who know of any such.

        Who says that all later versions are affected knows of none, and whoever names one has learned more.
        """
        if place == len(self._ends):
            return ""
        if self._simple:  # by its one range, whatever versions it names besides
            return self._ends[place][1]
        knowing = [said for said in self._said if said.knows(mine)]
        for end, text in self._ends[place:]:
            for said in knowing:
                if said.about((text,), end) or said.loose(end):
                    break
            else:
                return text
        return ""


def _kin(bodies: dict[int, Body]) -> dict[int, int]:
    """Advisories that share ids, however indirectly, have one number; those that share none have none."""
    named: dict[str, int] = {}
    kin: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for number, body in bodies.items():
        ids = (body.id, *body.aliases)
        mine = [number]
        for other in {kin[named[one]] for one in ids if one in named}:
            mine = members.pop(other) + mine
        members[number] = mine
        for each in mine:
            kin[each] = number
        named.update(dict.fromkeys(ids, number))
    return {each: number for number, family in members.items() if len(family) > 1 for each in family}


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
