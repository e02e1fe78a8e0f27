"""Which words a pattern cannot match without."""

from __future__ import annotations

import pytest

from keyhole.scanners.secrets.literals import beginning, required
from keyhole.scanners.secrets.rules import all_rules
from keyhole.scanners.secrets.shapes import make


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("ghp_[0-9A-Za-z]{36}", {b"ghp_"}),
        ("(?:sk|rk)_live_", {b"sk_live_", b"rk_live_"}),
        ("sb(p_[0-9]|_secret_)", {b"sbp_", b"sb_secret"}),
        ("(?i:acme)[0-9]", {b"acme", b"ACME", b"Acme"}),
        ("(ab)?xyz", {b"xyz"}),
        ("(?:ab|cde[0-9])+ and the long one", {b" and the "}),
        ("[a-z]{40}", set()),
        ("(?:abc|[0-9]+)x", set()),
        ("xox[bp]-", {b"xoxb-", b"xoxp-"}),
        ("a(?i)b", set()),
        ("[[:digit:]]ab_", {b"ab_"}),
    ],
)
def test_the_words_of_a_pattern(pattern, words):
    assert required(pattern) == words


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        ("(ghp_[0-9A-Za-z]{36})", ["ghp_"]),
        (r"\b(?:sk|rk)_live_[0-9]", ["rk_live_", "sk_live_"]),
        ("(?:acme|roblox-long-name)=", ["acme=", "roblox-lo"]),
        ("xox[bp]-", ["xoxb-", "xoxp-"]),
        ("(?:abc)+x", ["abc"]),
        ("(?:abc)?xyz", []),
        ("(?:abc|[0-9]+)x", []),
        ("ab[0-9]", []),
        ("[a-z]{40}", []),
        ("abc[[:digit:]]", ["abc"]),
        ("", []),
        ("(", []),
    ],
)
def test_what_a_pattern_begins_with(pattern, begins):
    assert beginning(pattern) == (tuple(begins), False)


def test_words_of_any_case_are_told_in_lower_case():
    assert beginning("(?i)Acme[0-9]") == (("acme",), True)


def test_most_rules_begin_with_a_few_words():
    assert sum(bool(rule.begins.words) for rule in all_rules()) > len(all_rules()) / 2


def test_every_example_of_a_rule_has_one_of_its_words():
    missing = [
        (rule.id, example)
        for rule in all_rules()
        if (words := required(rule.scan))
        for example in rule.examples
        if not any(word in make(example, 1).encode() for word in words)
    ]
    assert not missing


def test_nearly_every_rule_has_words():
    without = [rule.id for rule in all_rules() if rule.scan and not required(rule.scan)]
    assert len(without) * 20 < len(all_rules()), without
