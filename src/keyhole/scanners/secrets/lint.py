"""Whether rules are good: they find their examples, say enough for a person to act, and cost little.

Everything here gives the same answer on every machine. What a rule costs in time is measured by `cost`.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import hyperscan
import re2

from keyhole.scanners.secrets import corpus
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.exact import options
from keyhole.scanners.secrets.patterns import width
from keyhole.scanners.secrets.rules import Rule
from keyhole.scanners.secrets.shapes import make
from keyhole.scanners.secrets.syntax import tree_of

SEEDS = range(6)
"""Each example is made so many times."""
MOST_STOPS = 10.0
"""Places per megabyte of the corpus where the fast pass may stop for a rule."""
LARGEST_DATABASE = 256 << 10
"""Bytes of the fast pass for one rule."""
LARGEST_PROGRAM = 60_000
"""Instructions of the exact pass."""
LEAST_ANCHOR = 12.0
"""Bits that tell a match from any text, within eight characters that stand together: two letters have that."""

_ANCHOR_SPAN = 8
_SMALL_CLASS = 8
_BYTES = 64  # characters that secrets are made of, about
_FAR = b"lorem ipsum dolor sit amet\n" * 300
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SAYS_ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a rule."""

    rule: str
    field: str
    """The field that is to be changed."""
    what: str
    """What is wrong with it, with figures."""
    fatal: bool = False
    """Whether no engine could be made with the rule, or nothing to try it on."""

    def __str__(self) -> str:
        return f"{self.rule}: {self.field}: {self.what}"


def faults(rules: Sequence[Rule], beside: Sequence[Rule] = ()) -> list[Fault]:
    """Everything wrong with these rules, also in the company of the others."""
    alone = [fault for rule in rules for fault in _of_one(rule)]
    if any(fault.fatal for fault in alone):
        return alone
    engine = Engine([*beside, *rules], lambda value: hashlib.sha256(value).hexdigest()[:32])
    return alone + [fault for rule in rules for fault in _in_company(rule, engine, [*beside, *rules])]


def anchor(pattern: str) -> float:
    """Bits of the most telling eight characters in a row that every match has; large classes tell nothing."""
    return max((bits for bits, _ in _runs(_parsed(pattern))), default=0.0)


def stops(rule: Rule) -> float:
    """How often per megabyte of the corpus the fast pass stops for the rule; 0 for one that has none of its own."""
    if not rule.scan:
        return 0.0
    return len(_ends(_database(rule), corpus.text())) / (len(corpus.text()) / 1e6)


def _of_one(rule: Rule) -> Iterator[Fault]:
    yield from _words(rule)
    if rule.judge:
        return
    try:
        confirm = re2.compile(rule.confirm.encode(), options())
        if rule.near:
            re2.compile(rule.near.encode(), options())
            if anchor(rule.near) < LEAST_ANCHOR:
                yield Fault(rule.id, "near", "must be names: two letters at least")
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace")
        yield Fault(rule.id, "confirm", f"RE2 says: {said}", fatal=True)
        return
    if confirm.groups != 1:
        what = f"must have one group, which is the secret; it has {confirm.groups}"
        yield Fault(rule.id, "confirm", what, fatal=True)
    if confirm.programsize > LARGEST_PROGRAM:
        yield Fault(
            rule.id, "confirm", f"is a program of {confirm.programsize:,} steps; at most {LARGEST_PROGRAM:,}"
        )
    if confirm.search(b"") is not None:
        yield Fault(rule.id, "confirm", "matches nothing at all")
    if rule.scan:
        yield from _fast(rule)


def _fast(rule: Rule) -> Iterator[Fault]:
    try:
        database = _database(rule)
    except hyperscan.error as error:
        yield Fault(rule.id, "scan", f"Vectorscan says: {error}", fatal=True)
        return
    if database.size() > LARGEST_DATABASE:
        yield Fault(rule.id, "scan", f"takes {database.size():,} bytes; at most {LARGEST_DATABASE:,}")
    if anchor(rule.scan) < LEAST_ANCHOR:
        yield Fault(
            rule.id,
            "scan",
            f"has nothing to look for: {anchor(rule.scan):.0f} bits; at least {LEAST_ANCHOR:.0f}",
        )
    if width(rule.scan) > rule.before:
        yield Fault(rule.id, "before", f"is {rule.before}, yet scan may match {width(rule.scan)} characters")
    if (often := stops(rule)) > MOST_STOPS:
        yield Fault(
            rule.id, "scan", f"stops {often:.0f} times per MB of ordinary text; at most {MOST_STOPS:.0f}"
        )


def _words(rule: Rule) -> Iterator[Fault]:
    if not _ID.fullmatch(rule.id):
        yield Fault(rule.id, "id", "must be lower case words with hyphens")
    for field in ("why", "fix"):
        text = getattr(rule, field)
        if len(text) <= _SAYS_ENOUGH or not text.endswith("."):
            yield Fault(rule.id, field, "must be a sentence that tells a person something")
    for field in ("examples", "counterexamples"):
        if not getattr(rule, field):
            yield Fault(rule.id, field, "must have at least one")
        for template in getattr(rule, field):
            try:
                make(template, 0)
            except ValueError as error:
                yield Fault(rule.id, field, f"{template!r} cannot be made: {error}", fatal=True)
    if not all(reference.startswith("https://") for reference in rule.references):
        yield Fault(rule.id, "references", "must begin with https://")


def _in_company(rule: Rule, engine: Engine, beside: Sequence[Rule]) -> Iterator[Fault]:
    def found(text: bytes) -> list[str]:
        return [hit.rule for hit in engine.examine(text)]

    judged = {each.id for each in beside if each.judge}
    for example in rule.examples:
        made = [_made(example, seed) for seed in SEEDS]
        wrong = [rules for text in made if set(rules := found(text)) != {rule.id}]
        if wrong:
            yield Fault(rule.id, "examples", f"{example!r} is found by {_listed(wrong[0])}")
        elif found(_FAR + made[0] + b"\n" + _FAR) != [rule.id]:
            yield Fault(
                rule.id,
                "after",
                f"{example!r} is not found once within a long text; is the window too small?",
            )
    for example in rule.counterexamples:
        for seed in SEEDS:
            # The second stage looks at all that is assigned, whatever else it is not.
            if rules := [each for each in found(_made(example, seed)) if rule.judge or each not in judged]:
                yield Fault(rule.id, "counterexamples", f"{example!r} is found by {_listed(rules)}")
                break
    if rule.id in (rules := found(corpus.text())):
        yield Fault(rule.id, "confirm", f"finds {rules.count(rule.id)} secrets in a text that has none")


def _made(template: str, seed: int) -> bytes:
    return make(template, seed).encode()


def _listed(rules: Iterable[str]) -> str:
    return ", ".join(sorted(set(rules))) or "no rule"


def _database(rule: Rule) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[rule.scan.encode()], ids=[0], elements=1, flags=[0])
    return database


def _ends(database: Any, text: bytes) -> list[int]:
    ends: list[int] = []
    database.scan(text, match_event_handler=lambda _rule, _start, end, _flags, _: ends.append(end))
    return ends


def _parsed(pattern: str) -> Any:
    try:
        return tree_of(pattern)
    except (re.error, OverflowError, RecursionError):
        return ()


def _runs(items: Any) -> Iterator[tuple[float, int]]:
    """The bits of every window over the characters that every match has, of which each stretch is looked at alone."""
    row: list[float] = []
    for bits in _positions(items):
        row = [*row, bits][-_ANCHOR_SPAN:] if bits is not None else []
        yield sum(row), len(row)


def _positions(items: Any) -> Iterator[float | None]:
    """Bits of one character after the other; None where it is not known what stands there."""
    for operation, argument in items:
        name = str(operation)
        if name == "LITERAL":
            yield math.log2(_BYTES)
        elif name == "IN":
            yield _bits(argument)
        elif name == "SUBPATTERN":
            yield from _positions(argument[3])
        elif name == "MAX_REPEAT":
            least, most, repeated = argument
            for _ in range(min(least, 2 * _ANCHOR_SPAN)):
                yield from _positions(repeated)
            if most != least:
                yield None
        elif name == "BRANCH":
            yield from _weakest(argument[1])
        elif name != "AT":
            yield None


def _weakest(branches: Any) -> list[float | None]:
    """Of several ways to go on, the one that tells least; they differ in length, so nothing stands beside them."""
    ways = [list(_positions(branch)) for branch in branches]
    return [None, *min(ways, key=lambda way: sum(bits or 0.0 for bits in way)), None]


def _bits(choices: Any) -> float:
    size = 0
    for operation, argument in choices:
        name = str(operation)
        if name == "LITERAL":
            size += 1
        elif name == "RANGE":
            size += argument[1] - argument[0] + 1
        else:
            return 0.0  # a category or a negation: nearly everything
    return math.log2(_BYTES / size) if size <= _SMALL_CLASS else 0.0
