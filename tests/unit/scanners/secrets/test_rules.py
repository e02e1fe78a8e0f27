"""Every rule finds what it says and nothing it says it does not, and says enough for a person to act."""

from __future__ import annotations

import hashlib

import pytest

from keyhole.scanners.secrets.engine import Engine
from keyhole.scanners.secrets.lint import faults
from keyhole.scanners.secrets.rules import BadRule, all_rules, digest, parse

RULES = all_rules()
FAR = b"lorem ipsum dolor sit amet\n" * 300


@pytest.fixture(scope="module")
def engine():
    return Engine(RULES, lambda value: hashlib.sha256(value).hexdigest()[:32])


def found(engine, text):
    return [hit.rule for hit in engine.examine(text)]


def test_every_rule_passes_the_linter():
    """Examples, counterexamples, words for people, patterns, windows and what the fast pass costs."""
    assert [str(fault) for fault in faults(RULES)] == []


def test_every_rule_refers_to_its_provider():
    assert [rule.id for rule in RULES if not rule.references and not rule.id.startswith("keyhole-")] == []


def test_there_are_enough_rules():
    assert len(RULES) >= 250
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
        ("scan = 'abc'", "token = 'abc'"),
        ("scan = 'abc'", "value = 'abc'"),
        ("scan = 'abc'\nconfirm = '(abc)'", "near = 'acme'"),
        ("scan = 'abc'\nconfirm = '(abc)'", "near = 'acme'\ntoken = 'abc'\nvalue = 'abc'"),
        ('fix = "Do', 'surprise = 1\nfix = "Do'),
        ('fix = "Do', 'checksum = "none-such"\nfix = "Do'),
        ('fix = "Do', 'normal_form = "none-such"\nfix = "Do'),
    ],
)
def test_a_wrong_rule_is_refused_by_name(what, instead):
    with pytest.raises(BadRule, match=r"a\.toml, rule a-rule"):
        list(parse("a.toml", VALID.replace(what, instead)))


def test_a_format_alone_makes_both_patterns_and_windows_that_fit():
    text = VALID.replace("scan = 'abc'\nconfirm = '(abc)'", "token = 'acme_[0-9a-f]{40,300}'")
    (rule,) = parse("a.toml", text)
    assert (rule.scan, rule.confirm) == ("acme_[0-9a-f]{40}", "(acme_[0-9a-f]{40,300})")
    assert rule.after > 300


def test_a_name_and_a_value_make_a_rule_without_a_fast_pattern_of_its_own():
    text = VALID.replace("scan = 'abc'\nconfirm = '(abc)'", "near = 'acme'\nvalue = '[0-9a-f]{32}'")
    (rule,) = parse("a.toml", text)
    assert (rule.scan, rule.near, rule.rank) == ("", "acme", 1)


def test_a_rule_takes_from_its_family_what_it_does_not_say():
    text = '[family]\nfix = "As the family does."\n' + VALID.replace('fix = "Do this, and then that."', "")
    assert next(parse("a.toml", text)).fix == "As the family does."


def test_the_digest_changes_with_any_field():
    one = list(parse("a.toml", VALID))
    other = list(parse("a.toml", VALID.replace("'abc'", "'abd'")))
    assert digest(one) == digest(list(parse("b.toml", VALID)))
    assert digest(one) != digest(other)
