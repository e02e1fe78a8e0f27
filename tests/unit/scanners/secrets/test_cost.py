"""What a rule costs is measured and judged; the measured time itself is nobody's to promise."""

from __future__ import annotations

from keyhole.scanners.secrets.cost import MOST_SLOWER, Cost, costs
from keyhole.scanners.secrets.rules import all_rules

SOME = [rule for rule in all_rules() if rule.id.startswith("github-")]


def test_every_rule_given_is_measured_with_figures():
    (cost,) = costs(SOME[:1], SOME[1:], rounds=1)
    assert cost.rule == SOME[0].id
    assert cost.megabytes_per_second > 0
    assert cost.stops == 0
    assert cost.microseconds > 0


def test_what_costs_too_much_is_a_fault_that_says_how_much():
    assert Cost("a", 100.0, MOST_SLOWER, 0.0, 1.0).faults() == []
    slow, heavy = Cost("a", 100.0, 0.42, 0.0, 5000.0).faults()
    assert "42%" in str(slow)
    assert "5,000" in str(heavy)
