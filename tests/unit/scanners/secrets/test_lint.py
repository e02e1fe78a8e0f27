"""The linter says of a rule what is wrong with it, and that it is nothing when nothing is."""

from __future__ import annotations

import pytest

from keyhole.scanners.secrets.lint import LEAST_ANCHOR, anchor, faults
from keyhole.scanners.secrets.literals import Beginning
from keyhole.scanners.secrets.rules import all_rules, parse

GOOD = """
[[rule]]
id = "acme-api-key"
title = "Acme API key"
severity = "high"
confidence = "high"
token = 'acme_[0-9a-f]{32}'
why = "Orders anvils at the account's expense."
fix = "Delete the key under Settings, API, and look at the orders."
references = ["https://docs.acme.example/api-keys"]
examples = ["acme_<hex:32>"]
counterexamples = ["acme_<hex:31>", "acme_<hex:33>"]
"""
(RULE,) = parse("good.toml", GOOD)
GITHUB = [rule for rule in all_rules() if rule.id.startswith("github-")]


def test_a_good_rule_has_no_faults_beside_all_others():
    assert faults([RULE], beside=all_rules()) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "Acme"}, "id"),
        ({"why": "Bad."}, "why"),
        ({"fix": "Delete the key under Settings"}, "fix"),
        ({"references": ("http://docs.acme.example",)}, "references"),
        ({"counterexamples": ()}, "counterexamples"),
        ({"confirm": "acme_[0-9a-f]{32}"}, "confirm"),
        ({"confirm": "(acme_[0-9a-f]{32})(?!x)"}, "confirm"),
        ({"confirm": "([a-z]{4}|)"}, "confirm"),
        ({"scan": "acme_(?=x)"}, "scan"),
        ({"scan": "[0-9a-f]{32}"}, "scan"),
        ({"scan": "[a-z]"}, "scan"),
        ({"scan": "get"}, "scan"),
        ({"before": 20}, "before"),
        ({"examples": ("acme_<hex:31>",)}, "examples"),
        ({"examples": ("ghp_<alnum:30><crc32>",)}, "examples"),
        ({"examples": ("acme_<no-such-shape:32>",)}, "examples"),
        ({"counterexamples": ("acme_<hex>",)}, "counterexamples"),
        ({"counterexamples": ("key acme_<hex:32>",)}, "counterexamples"),
        ({"scan": "integrity", "confirm": '"integrity": "(sha512-[0-9A-Za-z/+]{86}==)'}, "confirm"),
    ],
)
def test_each_fault_is_named_by_rule_and_field(change, field):
    rule = RULE._replace(**({"begins": Beginning()} | change))
    found = faults([rule], beside=GITHUB)
    assert field in {fault.field for fault in found}
    assert all(str(fault).startswith(f"{rule.id}: ") for fault in found)


@pytest.mark.parametrize(
    "pattern", ["sk_[0-9a-f]{32}", "[0-9]Q~[a-z]{30}", "(api|sdk)-[0-9]{9}", "(?i)okta.{0,9}x"]
)
def test_a_few_letters_are_something_to_look_for(pattern):
    assert anchor(pattern) >= LEAST_ANCHOR


@pytest.mark.parametrize(
    "pattern", ["[0-9a-f]{32}", "a[0-9]{0,3}b", "(a|bcdef)[0-9]{20}", "[^\\n]{40}", "x.y.z?"]
)
def test_characters_that_are_everywhere_are_not(pattern):
    assert anchor(pattern) < LEAST_ANCHOR


@pytest.mark.parametrize(
    "token", ["the [a-z]{3,40}", "(?:of|is) [a-z]{3,10}", "because [a-z ]{8}", "[A-Za-z]{4}, and [a-z]{2,9}"]
)
def test_a_rule_that_fires_on_what_people_write_is_refused(token):
    (rule,) = parse("prose.toml", GOOD.replace("acme_[0-9a-f]{32}", token))
    assert {"scan", "confirm"} <= {fault.field for fault in faults([rule])}


def test_what_re2_says_is_told_as_text_and_nowhere_else(capfd):
    (said,) = [each.what for each in faults([RULE._replace(confirm="(acme_(?=x))")]) if each.fatal]
    assert said == "RE2 says: invalid perl operator: (?="
    assert capfd.readouterr() == ("", "")
