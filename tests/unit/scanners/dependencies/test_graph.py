"""Shortest paths from what is asked for, whatever the graph looks like."""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.graph import standings


def paths(asks, direct, developing=()):
    return {
        name: (each.relation.value, each.via, each.dev)
        for name, each in standings(asks, str, direct, developing).items()
    }


def test_the_shortest_path_counts_and_what_everybody_needs_is_not_for_developing():
    asks = {"a": ["b"], "b": ["c"], "c": ["a"], "t": ["c", "u"]}
    assert paths(asks, ["a"], ["t", "b"]) == {
        "a": ("direct", (), False),
        "b": ("direct", (), False),
        "c": ("transitive", ("a", "b"), False),
        "t": ("direct", (), True),
        "u": ("transitive", ("t",), True),
    }


def test_what_cannot_be_come_to_has_no_standing():
    assert paths({"a": [], "b": ["a"]}, []) == {}


def test_without_knowing_what_is_asked_for_only_what_nobody_else_asks_for_is_direct():
    assert paths({"a": ["b"], "b": [], "x": ["y"], "y": ["x"]}, None) == {
        "a": ("direct", (), False),
        "b": ("unknown", ("a",), False),
    }


def test_a_path_of_any_length_is_shown_with_its_ends():
    asks = {number: [number + 1] for number in range(20_000)}
    via = standings(asks, str, [0])[20_000].via
    assert len(via) == 13
    assert via[:7] == ("0", "1", "2", "3", "4", "5", "...")
    assert via[-1] == "19999"
    assert len({len(each.via) for each in standings(asks, str, [0]).values()}) == 14
    assert standings(asks, str, [0])[13].relation is Relation.TRANSITIVE
