"""Which statements of OpenVEX still count: of those about one vulnerability and one product, the newest.

What was taken in before is remembered for that, so that it does not matter in which order documents come. The same
vulnerability is known by any of its ids, as the statements and the findings here tell them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from keyhole.findings import covering
from keyhole.findings.models import AdvisoryId, Problem
from keyhole.reports.models import VexStatement

NOT_AFFECTED, FIXED = "not_affected", "fixed"
_Key = tuple[tuple[str, str], str]
_ANY = ("", "")


@dataclass(frozen=True, slots=True)
class About:
    """What a statement is about, besides its vulnerability."""

    repository: int | None = None
    """None for a package wherever it is used."""
    ecosystem: str = ""
    package: str = ""
    """In the ecosystem's normal form; empty for whatever is in the repository."""
    version: str = ""
    """Empty for every one."""

    def meets(self, older: About) -> bool:
        """Whether an older statement about that would hide some of this.

        What is said of a package everywhere is no later word on what one repository makes of it.
        """
        return (
            older.repository in (None, self.repository)
            and (not self.package or not older.package or self.key[0] == older.key[0])
            and (not self.version or not older.version or self.version == older.version)
        )

    @property
    def key(self) -> _Key:
        """The package and the version alone."""
        return (self.ecosystem, self.package), self.version


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said, now or before."""

    about: About
    names: frozenset[str]
    """Of the vulnerability."""
    status: str
    at: datetime
    number: int
    """Its turn among those of the same moment: later documents and statements come later."""
    kept: VexStatement | None = None
    """Of what was taken in before."""

    @property
    def hides(self) -> bool:
        """Whether it says that nothing is to be done."""
        return self.status == NOT_AFFECTED

    def supersedes(self, other: Said) -> bool:
        """Whether the other one, about the same vulnerability, counts no more.

        What is `fixed` in one version is no word on others.
        """
        if (self.at, self.number) <= (other.at, other.number):
            return False
        alike = self.about == other.about
        return (
            alike
            if not other.hides or self.status in (NOT_AFFECTED, FIXED)
            else self.about.meets(other.about)
        )


class Standing:
    """All that was said about what a document is about, now and before."""

    def __init__(self, now: Iterable[Said]) -> None:
        self._now = list(now)
        packages = {each.about.package for each in self._now if each.about.package}
        places = {each.about.repository for each in self._now if not each.about.package}
        self.before = [
            _remembered(row, number)
            for number, row in enumerate(VexStatement.objects.select_related("decision").order_by("pk"))
            if row.package in packages or not row.package or row.repository_id in places
        ]
        self._roots = _Roots()
        for each in (*self.before, *self._now):
            self._roots.join(each.names)
        self._by_matter: dict[str, dict[_Key, list[Said]]] = defaultdict(lambda: defaultdict(list))
        for each in (*self.before, *self._now):
            self._by_matter[self._matter(each)][each.about.key].append(each)

    def superseded_by(self, said: Said) -> Said | None:
        """A newer statement in the place of this one, the newest; None if it counts."""
        found = [each for each in self._near(said) if each.supersedes(said)]
        return max(found, key=lambda each: (each.at, each.number), default=None)

    def superseded(self, by: Said) -> Iterator[Said]:
        """What was taken in before and counts no more since this."""
        return (each for each in self._near(by) if each.kept and by.supersedes(each))

    def _near(self, said: Said) -> Iterator[Said]:
        """What is about the same vulnerability, and may be about some of the same packages and versions."""
        there, (named, version) = self._by_matter[self._matter(said)], said.about.key
        narrow = itertools.product({named, _ANY}, {version, ""})
        for key in narrow if named != _ANY and version else list(there):
            yield from there.get(key, ())

    def _matter(self, said: Said) -> str:
        return self._roots.of(next(iter(said.names)))


def names_of(about: About, ids: tuple[str, ...]) -> frozenset[str]:
    """These ids, and those that findings here know for the same vulnerability."""
    if about.package:
        return covering.known_as(about.ecosystem, about.package, ids)
    there = Problem.objects.filter(repository=about.repository, advisory_ids__text__in=ids)
    more = AdvisoryId.objects.filter(problem__in=there).order_by().values_list("text", flat=True)
    return frozenset(ids) | frozenset(more.distinct())


def remember(said: Said, decision: int | None) -> None:
    """Keep in mind that this was said."""
    VexStatement.objects.create(
        repository_id=said.about.repository,
        ecosystem=said.about.ecosystem,
        package=said.about.package,
        version=said.about.version,
        ids=sorted(said.names),
        status=said.status,
        at=said.at,
        decision_id=decision,
    )


def _remembered(row: VexStatement, number: int) -> Said:
    about = About(row.repository_id, row.ecosystem, row.package, row.version)
    return Said(about, frozenset(row.ids), row.status, row.at, number - (1 << 40), row)


class _Roots:
    """Sets of ids that name the same, joined wherever they share one."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, names: Iterable[str]) -> None:
        """These name the same."""
        first, *others = [self.of(each) for each in names]
        for other in others:
            self._parent[self.of(other)] = self.of(first)

    def of(self, name: str) -> str:
        """The one name that stands for all of its set."""
        while (above := self._parent.setdefault(name, name)) != name:
            self._parent[name] = self._parent[above]
            name = above
        return name
