"""Answers of programs are read strictly."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs import answers
from keyhole.scanners.programs.scanner import Malformed


@pytest.mark.parametrize(
    "read",
    [
        lambda: answers.parsed(b"not json"),
        lambda: answers.parsed(b"[" * 200_000),
        lambda: answers.parsed(b"\xff"),
        lambda: answers.items({}),
        lambda: answers.items([0] * (answers.MOST + 1)),
        lambda: answers.mapping({"a": []}, "a"),
        lambda: answers.text({"a": 1}, "a"),
        lambda: answers.text({"a": {"b": "x"}}, "a", "c"),
        lambda: answers.text({"a": "x" * 5000}, "a"),
        lambda: answers.number({"a": -1}, "a"),
        lambda: answers.number({"a": True}, "a"),
        lambda: answers.number({"a": 2**40}, "a"),
        lambda: answers.rule_name("…"),
    ],
)
def test_what_is_not_as_documented_is_refused(read):
    with pytest.raises(Malformed):
        read()


def test_a_rule_is_named_in_lower_case_words():
    assert answers.rule_name("CKV_AWS_20") == "ckv-aws-20"
    assert answers.rule_name("S602-a_b  c!") == "s602-a-b-c"
    assert len(answers.rule_name("a-" * 200)) <= 100
