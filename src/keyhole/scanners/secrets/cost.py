"""What a rule costs in time, beside all others: measured here and now, and told as a ratio, as machines differ.

Alone, any pattern is fast; what counts is by how much the fast pass for all rules together slows down. With and
without the rule take turns over the same text, so that whatever else the machine does happens to both.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import re2

from keyhole.scanners.secrets import corpus
from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.lint import Fault, stops
from keyhole.scanners.secrets.rules import Rule

MOST_SLOWER = 0.10
"""By how much a rule may slow the fast pass down, as a part of it. Ours take less than a hundredth each, on average."""
MOST_MICROSECONDS = 2000.0
"""What one look of the exact pass may take in the widest window of the rule."""

_ROUNDS = 9
_HOPELESS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """What was measured of one rule."""

    rule: str
    megabytes_per_second: float
    """Of all rules with this one."""
    slower: float
    """Part by which that is slower than without this one; below zero only by chance."""
    stops: float
    """Places per megabyte where the fast pass stops for it."""
    microseconds: float
    """Of one look of the exact pass."""

    def faults(self) -> list[Fault]:
        """What is beyond the limits."""
        found = []
        if self.slower > MOST_SLOWER:
            what = f"slows the fast pass down by {self.slower:.0%}; at most {MOST_SLOWER:.0%}"
            found.append(Fault(self.rule, "scan", what))
        if self.microseconds > MOST_MICROSECONDS:
            what = (
                f"takes {self.microseconds:,.0f} microseconds for one look; at most {MOST_MICROSECONDS:,.0f}"
            )
            found.append(Fault(self.rule, "confirm", what))
        return found


def costs(rules: Sequence[Rule], beside: Sequence[Rule], rounds: int = _ROUNDS) -> list[Cost]:
    """Measures each of the rules in the company of the others. Takes a few seconds for each."""
    without = _reader(beside)
    return [_cost(rule, without, _reader([*beside, rule]), rounds) for rule in rules]


def _cost(rule: Rule, without: Callable[[], float], with_: Callable[[], float], rounds: int) -> Cost:
    pairs = [(without(), with_())]
    while len(pairs) < rounds and pairs[0][1] < _HOPELESS * pairs[0][0]:
        pairs.append((without(), with_()))
    ratio = statistics.median(mine / theirs for theirs, mine in pairs)
    fastest = min(mine for _, mine in pairs)
    return Cost(
        rule.id,
        round(len(corpus.text()) / 1e6 / fastest, 1),
        round(ratio - 1, 4),
        round(stops(rule), 2),
        round(_look(rule) * 1e6, 1),
    )


def _reader(rules: Sequence[Rule]) -> Callable[[], float]:
    """A function that examines the corpus and says how many seconds of the processor that took."""
    engine = Engine(rules, lambda _: "")
    text = corpus.text()
    engine.examine(text)  # what can be remembered is

    def read() -> float:
        start = time.process_time()
        engine.examine(text)
        return time.process_time() - start

    return read


def _look(rule: Rule) -> float:
    """Seconds of the exact pass over ordinary text as wide as the rule's window, the best of three."""
    pattern = re2.compile(rule.confirm.encode())
    window = corpus.text()[: rule.before + rule.after]
    best = 1.0
    for _ in range(3):
        start = time.process_time()
        for _found in pattern.finditer(window):
            pass
        best = min(best, time.process_time() - start)
    return best
