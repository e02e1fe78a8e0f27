"""The rules, read from the data files beside this module and checked field by field: a wrong rule stops the start."""

from __future__ import annotations

import functools
import hashlib
import itertools
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

from keyhole.core.finding import Confidence, Kind, Severity
from keyhole.scanners.interface import About
from keyhole.scanners.secrets.checks import CHECKSUMS, NORMAL_FORMS
from keyhole.scanners.secrets.patterns import with_patterns

RANKS = 3
"""How many values `Rule.rank` has."""


class BadRule(ValueError):
    """A rule file that we ship is wrong."""


@dataclass(frozen=True, slots=True)
class Rule:
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
    with `near`."""
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
        return 2 if self.generic else 1 if self.near else 0

    def about(self) -> About:
        """What a finding says."""
        return About(
            self.title, self.severity, self.confidence, self.why, self.fix, self.references, Kind.SECRET
        )


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of every data file, in order of id. Raises BadRule."""
    folder = resources.files("keyhole.scanners.secrets") / "rules"
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
    """The rules of one data file. `[family]` gives what its rules share. Raises BadRule with file and rule."""
    document = tomllib.loads(text)
    family: dict[str, Any] = document.get("family", {})
    for number, entry in enumerate(document.get("rule", []), 1):
        try:
            yield _rule(family | entry)
        except (KeyError, TypeError, ValueError) as error:
            raise BadRule(f"{name}, rule {entry.get('id', number)}: {error!r}") from error


def digest(rules: Iterable[Rule]) -> str:
    """Twelve hexadecimal digits over everything that decides what is found."""
    return hashlib.sha256("\n".join(map(repr, rules)).encode()).hexdigest()[:12]


def _rule(given: dict[str, Any]) -> Rule:
    entry = with_patterns(given)
    for name in ("references", "examples", "counterexamples"):
        entry[name] = tuple(entry.get(name, ()))
    rule = Rule(
        **entry | {"severity": Severity(entry["severity"]), "confidence": Confidence(entry["confidence"])}
    )
    for field in fields(Rule):
        if (
            getattr(rule, field.name) == ""
            and field.default != ""
            and not (field.name == "scan" and rule.near)
        ):
            raise ValueError(f"{field.name} is empty")
    if rule.checksum and rule.checksum not in CHECKSUMS:
        raise ValueError(f"no checksum named {rule.checksum}")
    if rule.normal_form and rule.normal_form not in NORMAL_FORMS:
        raise ValueError(f"no normal form named {rule.normal_form}")
    return rule
