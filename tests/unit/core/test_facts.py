"""What is known of a scan beside its findings."""

from __future__ import annotations

import dataclasses

from keyhole.core.facts import Facts
from keyhole.core.terms import Status
from tests.unit.core.test_finding import FINDING, RESULT


def test_facts_are_those_of_the_result():
    part = dataclasses.replace(RESULT, status=Status.INCOMPLETE, reasons=("out of time",), kev_at="then")
    assert Facts.of(part, new=frozenset({"a"})) == Facts(
        False, ("out of time",), ("secrets",), "", frozenset({"a"}), frozenset(), kev_at="then"
    )


def test_what_was_not_asked_for_is_not_seen():
    told = Facts.of(RESULT, left_out="no history")
    assert (told.complete, told.reasons) == (False, (*RESULT.reasons, "no history"))
    assert Facts.of(RESULT).complete


def test_what_says_the_same_is_what_is_shown_for_it():
    assert Facts.of(RESULT).same(FINDING) == FINDING.id
    assert Facts.of(RESULT, shown_as={FINDING.id: "another"}).same(FINDING) == "another"
