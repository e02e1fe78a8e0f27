"""Every rule finds what it says and nothing it says it does not, and says enough for a person to act."""

from __future__ import annotations

import hashlib
import re

import hyperscan
import pytest

from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.rules import BadRule, all_rules, digest, parse
from keyhole.scanners.secrets.shapes import make

RULES = all_rules()
SEEDS = range(8)
FAR = b"lorem ipsum dolor sit amet\n" * 300

by_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@pytest.fixture(scope="module")
def engine():
    return Engine(RULES, lambda value: hashlib.sha256(value).hexdigest()[:32])


def found(engine, text):
    return [hit.rule for hit in engine.examine(text)]


@by_rule
def test_true_examples_are_found_by_this_rule_alone(engine, rule):
    for example in rule.examples:
        for seed in SEEDS:
            assert set(found(engine, make(example, seed).encode())) == {rule.id}, make(example, seed)


@by_rule
def test_true_examples_are_found_far_inside_a_text(engine, rule):
    for example in rule.examples:
        assert found(engine, FAR + make(example, 1).encode() + b"\n" + FAR) == [rule.id], example


@by_rule
def test_false_examples_are_found_by_no_rule(engine, rule):
    for example in rule.counterexamples:
        for seed in SEEDS:
            assert found(engine, make(example, seed).encode()) == [], make(example, seed)


@by_rule
def test_a_rule_says_enough(rule):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert rule.examples
    assert rule.counterexamples
    assert len(rule.why) > 20
    assert rule.why.endswith(".")
    assert len(rule.fix) > 20
    assert rule.fix.endswith(".")
    assert all(reference.startswith("https://") for reference in rule.references)
    assert rule.references or rule.id.startswith("keyhole-")


@by_rule
def test_a_rule_compiles_alone_and_has_one_group(rule):
    database = hyperscan.Database()
    database.compile(expressions=[rule.scan.encode()], ids=[0], elements=1, flags=[0])
    import re2

    assert re2.compile(rule.confirm.encode()).groups == 1


def test_there_are_enough_rules():
    assert len(RULES) >= 60
    assert {"keyhole-token", "github-personal-token", "aws-secret-access-key", "private-key"} <= {
        r.id for r in RULES
    }


def test_no_rule_file_holds_what_a_rule_would_find(engine):
    from importlib import resources

    for file in (resources.files("keyhole.scanners.secrets") / "rules").iterdir():
        if file.name.endswith(".toml"):
            assert found(engine, file.read_bytes()) == [], file.name


def test_ordinary_text_and_random_bytes_are_silent(engine):
    import random

    generator = random.Random(7)
    assert found(engine, generator.randbytes(4 << 20)) == []
    assert found(engine, FAR * 20) == []
    assert found(engine, bytes(generator.choices(b"0123456789abcdef", k=1 << 20))) == []


VALID = """
[[rule]]
id = "a-rule"
title = "A thing"
severity = "high"
confidence = "low"
scan = 'abc'
confirm = '(abc)'
why = "Because it is so, here."
fix = "Do this, and then that."
"""


def test_a_rule_is_read():
    assert [rule.id for rule in parse("a.toml", VALID)] == ["a-rule"]


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ('severity = "high"', ""),
        ('severity = "high"', 'severity = "bad"'),
        ('confidence = "low"', ""),
        ("scan = 'abc'", ""),
        ("scan = 'abc'", "scan = ''"),
        ('fix = "Do', 'surprise = 1\nfix = "Do'),
        ('fix = "Do', 'checksum = "none-such"\nfix = "Do'),
        ('fix = "Do', 'normal_form = "none-such"\nfix = "Do'),
    ],
)
def test_a_wrong_rule_is_refused_by_name(what, instead):
    with pytest.raises(BadRule, match=r"a\.toml, rule a-rule"):
        list(parse("a.toml", VALID.replace(what, instead)))


def test_a_rule_takes_from_its_family_what_it_does_not_say():
    text = '[family]\nfix = "As the family does."\n' + VALID.replace('fix = "Do this, and then that."', "")
    assert next(parse("a.toml", text)).fix == "As the family does."


def test_the_digest_changes_with_any_field():
    one = list(parse("a.toml", VALID))
    other = list(parse("a.toml", VALID.replace("'abc'", "'abd'")))
    assert digest(one) == digest(list(parse("b.toml", VALID)))
    assert digest(one) != digest(other)
