"""What is still to be had of an ecosystem, where its list is ahead of its advisories."""

from __future__ import annotations

import json

import pytest

from keyhole.advisories.changes import Changes
from keyhole.scanners.dependencies.draft import Draft
from keyhole.scanners.dependencies.osv import parse
from tests.unit.scanners.dependencies.advisories import record

OLD, NEW, NEWEST = (f"2026-0{month}-01T00:00:00.000000000Z" for month in (1, 6, 7))


def advisory(identity, modified):
    return parse(json.dumps({**record(identity), "modified": modified}).encode())


@pytest.fixture
def draft(tmp_path):
    with Draft(tmp_path / "advisories.sqlite3") as draft:
        draft.put("PyPI", advisory("A", OLD), OLD)
        draft.put("PyPI", advisory("B", NEW), NEW)
        yield draft


def test_what_was_listed_before_and_is_still_older_is_late_and_comes_last(draft):
    listed = {"A": NEW, "B": NEW, "C": NEWEST}
    changes = Changes.of(draft, "PyPI", listed, whole=False)
    assert changes.left == {"A": NEW, "C": NEWEST}
    assert changes.missing == {"C"}
    assert changes.next(2) == ["C", "A"]
    assert Changes.of(draft, "PyPI", listed, whole=True).missing == {"A", "C"}


@pytest.mark.parametrize(
    ("identity", "has", "known", "left"),
    [
        ("A", NEW, NEW, {"C"}),
        ("A", OLD, OLD, {"A", "C"}),
        ("C", NEW, NEW, {"A", "C"}),  # older than listed, and better than nothing
        ("C", NEWEST, NEWEST, {"A"}),
    ],
)
def test_an_older_state_is_taken_under_its_own_time_and_stays_wanted(draft, identity, has, known, left):
    changes = Changes.of(draft, "PyPI", {"A": NEW, "B": NEW, "C": NEWEST}, whole=False)
    changes.take(identity, advisory(identity, has))
    assert draft.known("PyPI")[identity] == known
    assert set(changes.left) == left


def test_an_older_state_never_takes_the_place_of_a_newer_one(draft):
    changes = Changes.of(draft, "PyPI", {"B": NEWEST}, whole=True)
    changes.take("B", advisory("B", OLD))
    assert draft.known("PyPI")["B"] == NEW
    assert changes.left == {"B": NEWEST}
