"""What scanners can find, in the words of breaches."""

from __future__ import annotations

import pytest

from keyhole.core.reach import Reach, command_of, in_words, not_looked_for, scan_too, scanned_by
from keyhole.core.terms import Kind

REACH = {
    "bandit": Reach(frozenset({Kind.CODE})),
    "ruff": Reach(frozenset({Kind.CODE})),
    "secrets": Reach(frozenset({Kind.SECRET})),
}


@pytest.mark.parametrize(
    ("kinds", "by", "found"),
    [
        ([Kind.SECRET, Kind.CODE], ["secrets"], {Kind.CODE: ["bandit", "ruff"]}),
        ([Kind.CODE], ["ruff"], {}),
        ([Kind.OTHER], ["ruff"], {Kind.OTHER: []}),
        ([Kind.CODE], ["gone"], {Kind.CODE: ["bandit", "ruff"]}),
        ([], [], {}),
    ],
)
def test_what_none_of_these_finds_and_who_would(kinds, by, found):
    assert not_looked_for(kinds, REACH, by) == found


def test_what_it_was_scanned_by():
    assert scanned_by(["secrets", "ruff"]) == "it was scanned by secrets and ruff alone"
    assert scanned_by([]) == "it is not known what it was scanned by"


def test_one_of_each_in_words_and_as_a_command():
    groups = [("bandit", "ruff"), ("secrets",)]
    assert in_words(groups) == "secrets and one of bandit, ruff"
    assert command_of(groups) == "keyhole scan -s bandit -s secrets"


def test_nothing_is_said_of_nothing_and_imported_results_are_not_run():
    assert scan_too(["secrets"], [()]) == ""
    assert scan_too(["sarif-x"], [("secrets",), ("secrets",)]) == (
        "Scan with secrets, too (keyhole scan -s secrets)."
    )
    assert "-s" not in scan_too(["secrets"], [("sarif-x",)])
