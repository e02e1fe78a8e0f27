"""The least set is the least: against trying everything, and for every documented operation against the oracle."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyhole.core.permissions import Level, Standing, vocabulary
from keyhole.planner.cover import joined, least, meets, reach
from keyhole.planner.plan import lowered, plan
from keyhole.planner.request import PlanRequest
from tests.oracle import cases, model
from tests.unit.planner import exact

READ, WRITE = Level.READ, Level.WRITE
PERMISSIONED = [
    (index, operation)
    for index, operation in enumerate(cases.OPERATIONS)
    if operation.standing is Standing.PERMISSIONED and index < len(vocabulary().operations)
]


def planned(*operations, **more):
    return plan(PlanRequest(endpoints=tuple(f"{each.method} {each.path}" for each in operations), **more))


def asks(index, held):
    """Whether the oracle allows the operation to a token with these permissions, in a private repository."""
    case = cases._should_be_allowed(random.Random(7), index)
    case.permissions = {name: level.word for name, level in held.items()}
    case.access, case.selected = "selected", [*case.repos] or [case.token_owner * 10 + 1]
    case.repos = [case.token_owner * 10 + 1] if case.repos else []
    case.selected = [case.token_owner * 10 + 1]
    case.updates = [("refs/heads/main", False)]
    if any(exact.GROUP[name] == "organization" for needed in cases.ROWS[index].any_of for name, _ in needed):
        case.named = case.token_owner  # of /teams/{team_id}, too: whose team it is is found out from the id
    world, request = case.for_model()
    row = request.row
    private = model.Row(row.method, row.path, row.section, row.any_of, public_ok=False)
    return model.answer(
        world, model.Req(request.token, private, request.repos, request.owner, request.updates)
    )


def test_every_operation_is_planned_sufficiently_and_minimally():
    wrong = []
    for index, operation in PERMISSIONED:
        made = planned(operation)
        held = made.permissions
        if not asks(index, held).allow:
            wrong.append(f"{operation.id}: {held} is not enough")
        wrong += [
            f"{operation.id}: {each.name} could be less"
            for each in made.granted
            if not each.fixed and asks(index, without_metadata(lowered(held, each.name))).allow
        ]
    assert wrong == []
    assert len(PERMISSIONED) == 952
    assert sum(len(operation.any_of) > 1 for _, operation in PERMISSIONED) == 54


def without_metadata(held):
    """Metadata that came along with what was taken away goes with it."""
    return dict(held) if set(held) != {"metadata"} else {}


@settings(max_examples=150)
@given(st.lists(st.sampled_from([operation for _, operation in PERMISSIONED]), min_size=1, max_size=5))
def test_random_sets_cost_what_trying_everything_costs(operations):
    demands = [operation.any_of for operation in operations]
    raw = [tuple(tuple((n, lv.word) for n, lv in needed.items()) for needed in any_of) for any_of in demands]
    found = least(demands)
    words = {name: level.word for name, level in found.items()}
    assert all(exact.enough(words, any_of) for any_of in raw)
    assert exact.cost(words) == exact.cheapest(raw)


@given(st.lists(st.sampled_from([operation for _, operation in PERMISSIONED]), max_size=12), st.randoms())
def test_the_order_of_the_demands_does_not_matter(operations, dice):
    shuffled = [*operations, *operations]
    dice.shuffle(shuffled)
    assert least([each.any_of for each in operations]) == least([each.any_of for each in shuffled])


@given(st.lists(st.sampled_from([operation for _, operation in PERMISSIONED]), min_size=1, max_size=12))
def test_nothing_can_be_taken_away_or_lowered(operations):
    demands = [each.any_of for each in operations]
    found = least(demands)
    for name in found:
        assert not all(meets(lowered(found, name), each) for each in demands)


def test_two_ways_are_chosen_by_the_fewest_writes_then_the_fewest_operations():
    either = ({"issues": READ}, {"pull_requests": READ})
    assert least([either]) == {min(("issues", "pull_requests"), key=lambda name: reach(name, READ)): READ}
    assert least([either, ({"pull_requests": WRITE},)]) == {"pull_requests": WRITE}
    assert least([({"contents": WRITE}, {"issues": READ, "pull_requests": READ})]) == {
        "issues": READ,
        "pull_requests": READ,
    }


def test_a_way_that_only_asks_for_more_is_no_choice():
    assert least([({"contents": WRITE}, {"contents": WRITE, "workflows": WRITE})]) == {"contents": WRITE}


def test_metadata_is_named_only_where_nothing_brings_it_along():
    assert least([({"metadata": READ},)]) == {"metadata": READ}
    assert least([({"metadata": READ},), ({"contents": READ},)]) == {"contents": READ}
    assert least([({"metadata": READ},), ({"members": READ},)]) == {"metadata": READ, "members": READ}
    assert joined({"metadata": READ}, {"emails": READ}) == {"metadata": READ, "emails": READ}


def test_no_demand_needs_nothing_and_an_impossible_one_is_refused():
    assert least([]) == {}
    with pytest.raises(ValueError, match="cannot be met"):
        least([()])


def test_everything_at_once_is_planned_too():
    made = least([operation.any_of for operation in vocabulary().operations if operation.any_of])
    assert all(meets(made, operation.any_of) for operation in vocabulary().operations if operation.any_of)
    assert made["contents"] is WRITE
