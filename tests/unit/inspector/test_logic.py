"""The solver against the slow definition: a conclusion follows when it holds in every world that fits the facts."""

from __future__ import annotations

from itertools import product

from hypothesis import assume, given
from hypothesis import strategies as st

from keyhole.inspector.logic import entails, fact, implies, no_set, satisfiable, some_set

ATOMS = [(name, 1) for name in "abcdef"]
literals = st.tuples(st.sampled_from(ATOMS), st.booleans())
clauses = st.lists(st.frozensets(literals, max_size=4), max_size=14)


def worlds(given_clauses):
    for values in product([True, False], repeat=len(ATOMS)):
        world = dict(zip(ATOMS, values, strict=True))
        if all(any(world[atom] is holds for atom, holds in clause) for clause in given_clauses):
            yield world


@given(clauses)
def test_satisfiable_means_that_a_world_fits(given_clauses):
    assert satisfiable(given_clauses) is any(True for _ in worlds(given_clauses))


@given(clauses, literals)
def test_entailed_means_that_every_world_agrees(given_clauses, conclusion):
    assume(satisfiable(given_clauses))
    atom, holds = conclusion
    expected = all(world[atom] is holds for world in worlds(given_clauses))
    assert entails(given_clauses, conclusion) is expected


def test_one_of_two_proves_neither_until_the_other_is_ruled_out():
    a, b = ("administration", 1), ("private_repository_invitations", 1)
    either = some_set([], [frozenset({a}), frozenset({b})])
    assert not entails(either, (a, True))
    assert not entails(either, (b, True))
    assert entails([*either, fact(a, False)], (b, True))


def test_a_refusal_of_either_rules_out_both():
    a, b = ("issues", 2), ("pull_requests", 2)
    neither = no_set([], [frozenset({a}), frozenset({b})])
    assert entails(neither, (a, False))
    assert entails(neither, (b, False))


def test_a_refusal_of_two_together_rules_out_neither():
    a, b = ("pages", 2), ("administration", 2)
    both = no_set([], [frozenset({a, b})])
    assert not entails(both, (a, False))
    assert not entails(both, (b, False))
    assert entails([*both, fact(a)], (b, False))


def test_a_refusal_outside_the_selection_rules_out_nothing():
    where, a = ("selected", "o/r"), ("metadata", 1)
    refused = no_set([where], [frozenset({a})])
    assert not entails(refused, (a, False))
    assert entails([*refused, fact(where)], (a, False))


def test_levels_include_the_lower_ones():
    read, write = ("contents", 1), ("contents", 2)
    assert entails([implies(write, read), fact(write)], (read, True))
    assert entails([implies(write, read), fact(read, False)], (write, False))
