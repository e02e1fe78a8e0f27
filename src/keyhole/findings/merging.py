"""When two findings of one repository say the same, and which of them is shown: rules without a database.

Each finding carries marks, worked out when it is stored. Two that share one of those that make findings the same are
merged, unless somebody said that they are not. Where it matters that they are in one place, the place is in the mark;
a secret has the places of its whole history.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from keyhole.core.finding import Finding
from keyhole.core.reach import IMPORTED
from keyhole.core.terms import Confidence, Kind, Severity

_PYTHON_RULE = re.compile(r"[bs](\d{3})(?:-.*)?")
"""Bandit's and ruff's names of one test differ in their letter only: B105 and S105."""
_CWE = re.compile(r"https://cwe\.mitre\.org/data/definitions/(\d{1,5})(?:\.html)?")
PYTHON_SCANNERS = {"bandit": "B", "ruff": "S"}
"""Scanners that have the same tests, and the letter that each puts before their numbers."""
_LITERALS = frozenset({"105", "106", "107"})
"""Tests for passwords written into the code."""
_WORST_FIRST = list(Severity)
_SURE = [each.value for each in Confidence]
_FIRST = (Kind.MALICIOUS.value, Kind.SECRET.value, Kind.VULNERABILITY.value)


Place = tuple[str, int, int]
"""Path, line, and the line in the latest version of the file, 0 if that is the same."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What the rules know of a finding."""

    id: int
    scanner: str
    kind: str
    rule: str
    rank: int
    confidence: str
    package: tuple[str, str]
    """Ecosystem and name; two empty texts if it is about none."""
    marks: tuple[str, ...]
    """See `marks_of`."""
    ids: tuple[str, ...] = ()
    """Ids of the advisory."""

    @property
    def named(self) -> str:
        """As the reason of a merge names it, such as `bandit B105`."""
        number = _python_number(self.scanner, self.rule)
        if not number:
            return f"{self.scanner} {self.rule}"
        return f"{self.scanner} {PYTHON_SCANNERS[self.scanner]}{number}"


@dataclass(frozen=True, slots=True)
class Merge:
    """That one finding is shown in the place of another."""

    into: int
    reason: str
    """For people, such as `same line, same weakness: bandit B105 and ruff S105`."""


def marks_of(
    scanner: str, kind: str, rule: str, fingerprint: str, references: Iterable[str], places: Iterable[Place]
) -> tuple[str, ...]:
    """What makes a finding like others: the digest of a secret; the number of a test, the class of a weakness, or that
    it is a secret in the code, each with a place; for what holds a secret, the files that do.
    """
    marks: dict[str, None] = {}
    at = [(path, line) for path, *lines in places for line in dict.fromkeys(lines) if line]
    number = _python_number(scanner, rule)
    sorts = [f"python:{number}"] if number else []
    if kind == Kind.CODE:
        sorts += sorted({f"cwe:{found[1]}" for found in map(_CWE.fullmatch, references) if found})[:8]
    marks.update((f"{sort}@{_digest(path, line)}", None) for sort in sorts for path, line in at[:1])
    if kind == Kind.SECRET:
        marks[f"value:{fingerprint.rpartition(':')[2]}"] = None
    if kind == Kind.SECRET or number in _LITERALS:
        marks.update((line_mark(path, line), None) for path, line in at)
        marks.update((file_mark(path), None) for path, _ in at)
    return tuple(marks)


def line_mark(path: str, line: int) -> str:
    """What marks a secret that is, or was, on this line."""
    return f"literal:{_digest(path, line)}"


def file_mark(path: str) -> str:
    """What marks a secret that is, or was, in this file."""
    return f"file:{_digest(path)}"


def _digest(*place: object) -> str:
    return hashlib.sha256("\0".join(map(str, place)).encode()).hexdigest()[:12]


def _python_number(scanner: str, rule: str) -> str:
    found = _PYTHON_RULE.fullmatch(rule) if scanner in PYTHON_SCANNERS else None
    return found[1] if found else ""


def merges(facts: Collection[Fact], apart: Collection[tuple[int, int]] = ()) -> dict[int, Merge]:
    """Which of the findings are merged into which, by id. `apart`: pairs, the smaller id first, that never are."""
    groups: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in sorted(facts, key=_weight):
        for key in _keys(fact):
            groups[key].append(fact)
    sets = _Sets(frozenset(apart))
    # Surest first: what is the same secret must not be kept from merging by what is on the same line.
    for key in sorted(groups, key=lambda key: (_ORDER.index(key[0]), key)):
        first, *others = groups[key]
        for other in others:
            if not (_needs_two_scanners(key) and first.scanner == other.scanner):
                sets.join(first, other, _reason(key, first, other))
    return sets.merges()


def together(findings: Sequence[Finding]) -> dict[int, Merge]:
    """Which findings of one scan are merged into which, by their places in it."""
    return merges([_fact(number, each) for number, each in enumerate(findings)])


def shown_as(findings: Sequence[Finding]) -> dict[str, str]:
    """Ids of the findings of one scan that say the same as another one, and the id of that one."""
    return {findings[number].id: findings[each.into].id for number, each in together(findings).items()}


def _fact(number: int, finding: Finding) -> Fact:
    kind = finding.kind.value
    package = finding.package[0] if finding.package else None
    places = [(each.path, each.line, each.latest) for each in finding.locations]
    return Fact(
        id=number,
        scanner=finding.scanner,
        kind=kind,
        rule=finding.rule,
        rank=_WORST_FIRST.index(finding.severity),
        confidence=finding.confidence.value,
        package=(package.ecosystem, package.name) if package else ("", ""),
        marks=marks_of(finding.scanner, kind, finding.rule, finding.fingerprint, finding.references, places),
        ids=package.ids if package else (),
    )


_ORDER = ("value", "advisory", "python", "cwe", "literal")


def _keys(fact: Fact) -> Iterable[tuple[str, ...]]:
    for mark in fact.marks:
        sort, _, rest = mark.partition(":")
        if sort in _ORDER:
            yield sort, rest
    for one in fact.ids:
        yield ("advisory", *fact.package, one)


def _needs_two_scanners(key: tuple[str, ...]) -> bool:
    """One scanner that reports a line twice means two things, unless it is the same secret or advisory."""
    return key[0] not in {"value", "advisory"}


def _reason(key: tuple[str, ...], first: Fact, other: Fact) -> str:
    both = f"{other.named} and {first.named}"
    match key[0]:
        case "value":
            return f"same secret: {both}"
        case "advisory":
            return f"same advisory of {key[2]}: {key[3]}"
        case "cwe":
            return f"same line, same weakness (CWE-{key[1].partition('@')[0]}): {both}"
        case "literal":
            return f"same line, a secret in the code: {both}"
        case _:
            return f"same line, same weakness: {both}"


def _weight(fact: Fact) -> tuple[bool, int, int, int, str, int]:
    """The one that is shown comes first: the worst, the surest, then the one known for longest.

    Before all of that one that Keyhole found: what an imported file says of it takes no place of what was seen.
    """
    place = _FIRST.index(fact.kind) if fact.kind in _FIRST else len(_FIRST)
    imported = fact.scanner.startswith(IMPORTED)
    return imported, fact.rank, place, _SURE.index(fact.confidence), fact.scanner, fact.id


class _Sets:
    """Findings that are the same, grown pair by pair, never over two that are apart."""

    def __init__(self, apart: frozenset[tuple[int, int]]) -> None:
        self._apart = apart
        self._set_of: dict[int, list[Fact]] = {}
        self._reasons: dict[int, str] = {}

    def join(self, first: Fact, other: Fact, reason: str) -> None:
        mine = self._set_of.setdefault(first.id, [first])
        theirs = self._set_of.setdefault(other.id, [other])
        if mine is theirs or (self._apart and self._kept_apart(mine, theirs)):
            return
        if _weight(theirs[0]) < _weight(mine[0]):
            mine, theirs = theirs, mine
        self._reasons[theirs[0].id] = reason
        mine += theirs
        for fact in theirs:
            self._set_of[fact.id] = mine

    def _kept_apart(self, mine: list[Fact], theirs: list[Fact]) -> bool:
        return any(
            (min(one.id, other.id), max(one.id, other.id)) in self._apart for one in mine for other in theirs
        )

    def merges(self) -> dict[int, Merge]:
        """All but the first of each set, merged into the first."""
        return {
            number: Merge(together[0].id, self._reasons[number])
            for number, together in self._set_of.items()
            if together[0].id != number
        }
