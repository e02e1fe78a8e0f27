"""The rules, read from the data files beside this module and checked field by field: a wrong rule stops the start."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.hits import About
from keyhole.scanners.secrets.checks import CHECKSUMS, NORMAL_FORMS
from keyhole.scanners.secrets.literals import Beginning, beginning
from keyhole.scanners.secrets.patterns import SHORT, WIDEST, with_patterns

_MOST_BITS = 8
_MADE = frozenset({"begins"})
"""Fields that nobody writes."""
_TEXTS = frozenset({"references", "examples", "counterexamples"})
_CHOICES: dict[str, type[StrEnum]] = {"severity": Severity, "confidence": Confidence}
RANKS = 4
"""How many values `Rule.rank` has."""


JUDGE = "assignment"
"""The one value of `Rule.judge`."""


_NAMES: dict[str, Iterable[str]] = {"checksum": CHECKSUMS, "normal_form": NORMAL_FORMS, "judge": (JUDGE,)}


class BadRule(ValueError):
    """A file of rules is wrong; each of its `args` names the file, the rule and the field."""

    def __str__(self) -> str:
        more = len(self.args) - 1
        return f"{self.args[0]} (and {more} more)" if more else str(self.args[0])


class Rule(NamedTuple):
    """One kind of secret. docs/scanning.md tells how to write one."""

    id: str
    """Lower case with hyphens; unique; never reused for something else."""
    title: str
    """What it is, in the provider's words."""
    severity: Severity
    """How bad it is if it is live."""
    confidence: Confidence
    """How surely a match is a credential."""
    scan: str
    """Vectorscan pattern for the fast pass: short, of fixed length where possible, may match too much. Empty for rules
    with `near` or `judge`."""
    confirm: str
    """RE2 pattern for the exact pass over the window; its one group is the secret."""
    why: str
    """What somebody who has it can do."""
    fix: str
    """How to make it worthless, and what to use instead."""
    references: tuple[str, ...]
    """The provider's own pages about it."""
    examples: tuple[str, ...]
    """Shapes (see `shapes`) that must be found."""
    counterexamples: tuple[str, ...]
    """Shapes that must not be found by any rule."""
    near: str = ""
    """Pattern of names, one of which must stand before an assignment of the secret; see `patterns`."""
    judge: str = ""
    """Name of what decides instead of patterns: `assignment` for the second stage, see `plain`."""
    begins: Beginning = Beginning()
    """What every match of `confirm` begins with, if that is a few words. Made from it."""
    before: int = 160
    """Bytes looked at before the end of a fast match: more than the fast match is long."""
    after: int = 200
    """Bytes looked at after the end of a fast match."""
    entropy: float = 3.0
    """Least Shannon entropy of the secret, in bits per byte."""
    checksum: str = ""
    """Name of a check in `checks.CHECKSUMS` that the secret must pass."""
    normal_form: str = ""
    """Name of a function in `checks.NORMAL_FORMS`, for secrets that are written in several ways."""
    edge: str = "0-9A-Za-z_"
    """Characters, as in a class, that may not touch the secret on either side."""
    placeholders: bool = True
    """Whether secrets that look made up (`xxxx`, `example`) are left out."""
    generic: bool = False
    """Whether a match gives way to a match of any more precise rule at the same place."""

    @property
    def rank(self) -> int:
        """Where two rules find the same text, the one with the smaller number is told."""
        return 3 if self.judge else 2 if self.generic else 1 if self.near else 0

    def about(self) -> About:
        """What a finding says."""
        return About(
            self.title, self.severity, self.confidence, self.why, self.fix, self.references, Kind.SECRET
        )


class _Read(NamedTuple):
    """What the data files say, and a digest of that."""

    rules: tuple[Rule, ...]
    digest: str


_read: list[_Read] = []


def use(rules: tuple[Rule, ...], digest_: str) -> None:
    """From now on these are all rules, with their digest: what the data files say, read before."""
    _read[:] = [_Read(rules, digest_)]


def all_rules() -> tuple[Rule, ...]:
    """Every rule of every data file, in order of id. Raises BadRule."""
    return _all().rules


def digest_of_all() -> str:
    """The digest of `all_rules`."""
    return _all().digest


def _all() -> _Read:
    if not _read:
        rules = _all_files()
        use(rules, digest(rules))
    return _read[0]


def _all_files() -> tuple[Rule, ...]:
    from pathlib import Path  # noqa: PLC0415  # most scans use what was kept of them, see `worker`

    folder = Path(__file__).parent / "rules"
    found = [
        rule
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if file.name.endswith(".toml")
        for rule in parse(file.name, file.read_text("utf-8"))
    ]
    found.sort(key=lambda rule: rule.id)
    doubles = {one.id for one, other in itertools.pairwise(found) if one.id == other.id}
    if doubles:
        raise BadRule(f"rule ids used twice: {', '.join(sorted(doubles))}")
    return tuple(found)


def parse(name: str, text: str) -> Iterator[Rule]:
    """The rules of one file. `[family]` gives what its rules share. Raises BadRule with everything that is wrong."""
    import tomllib  # noqa: PLC0415  # where the rules are kept, nothing is read

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRule(f"{name}: is not TOML: {error}") from error
    family, entries = document.pop("family", {}), document.pop("rule", [])
    if document:
        raise BadRule(f"{name}: there is no section {min(document)}; there are [family] and [[rule]]")
    if not isinstance(family, dict) or not isinstance(entries, list):
        raise BadRule(f"{name}: must hold [family], once, and [[rule]]")
    found, wrong = [], []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(_rule(family | entry))
        except (TypeError, ValueError) as error:
            which = entry.get("id", number) if isinstance(entry, dict) else number
            wrong += [f"{name}, rule {which}: {what}" for what in error.args]
    if wrong:
        raise BadRule(*wrong)
    yield from found


def digest(rules: Iterable[Rule]) -> str:
    """Twelve hexadecimal digits over everything that decides what is found."""
    return hashlib.sha256("\n".join(map(repr, rules)).encode()).hexdigest()[:12]


def _rule(given: dict[str, Any]) -> Rule:
    """The rule. Raises ValueError whose `args` are all that is wrong with it, each beginning with the field."""
    wrong: list[str] = []
    try:
        entry = with_patterns(given)
    except ValueError as error:
        wrong += error.args
        entry = {name: value for name, value in given.items() if name not in SHORT} | {
            "scan": "-",
            "confirm": "-",
        }
    known = [name for name in Rule._fields if name not in _MADE]
    wrong += [f"{name}: there is no such field" for name in entry if name not in known]
    for name in known:
        try:
            entry |= _field(name, entry)
        except ValueError as error:
            wrong += error.args
    if wrong:
        raise ValueError(*wrong)
    if not entry["scan"] and not entry.get("near") and not entry.get("judge"):
        raise ValueError("scan: is empty")
    return Rule(**entry, begins=beginning(entry["confirm"]))


def _field(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """The field as the rule has it; nothing if it is not there and need not be."""
    value = entry.get(name, [] if name in _TEXTS else None)
    if name in _TEXTS:
        return {name: _texts(name, value)}
    if name in _CHOICES:
        return {name: _choice(name, value, _CHOICES[name])}
    if name not in entry:
        if name not in Rule._field_defaults:
            raise ValueError(f"{name}: is missing")
        return {}
    _check(name, value, Rule._field_defaults.get(name))
    if name in _NAMES:
        _known(name, str(value), _NAMES[name])
    return {}


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{name}: must be a list of texts")
    return tuple(value)


def _choice(name: str, value: Any, kind: type[StrEnum]) -> StrEnum:
    if value not in list(kind):
        raise ValueError(f"{name}: must be {', '.join(kind)}")
    return kind(value)


def _known(name: str, value: str, there_are: Iterable[str]) -> None:
    if value and value not in there_are:
        raise ValueError(f"{name}: there is no {value}; there are {', '.join(there_are)}")


def _check(name: str, value: Any, default: Any) -> None:
    if isinstance(default, bool):
        wrong = None if isinstance(value, bool) else "true or false"
    elif isinstance(default, int):
        wrong = None if type(value) is int and 0 <= value <= WIDEST else f"a whole number up to {WIDEST}"
    elif isinstance(default, float):
        wrong = (
            None
            if type(value) in {int, float} and 0 <= value <= _MOST_BITS
            else "a number of bits from 0 to 8"
        )
    elif name in {"scan", "confirm"}:
        wrong = None if isinstance(value, str) else "a text"
    else:
        wrong = None if isinstance(value, str) and value else "a text that is not empty"
    if wrong is not None:
        raise ValueError(f"{name}: must be {wrong}")
