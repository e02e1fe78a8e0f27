"""The engine against the slow oracle: a million seeded questions, the same answer, status and reason each time."""

from __future__ import annotations

import ast
import random
from collections import Counter
from pathlib import Path

import pytest

from keyhole.core.decide import Allowed, decide
from tests.oracle import model
from tests.oracle.cases import OPERATIONS, ROWS, draw

SHARDS = 16
DECISIONS = 62_500
SEED = 20260822
REASONS = {
    "not_yet_valid",
    "expired",
    "unknown_operation",
    "not_visible",
    "not_available",
    "permission_missing",
    "workflows_missing",
    "ref_not_allowed",
}


def said(verdict):
    if (
        type(verdict).__name__ == Allowed.__name__
    ):  # by name: mutated copies of the module have their own class
        return model.Answer(allow=True, status=200, reason="")
    return model.Answer(allow=False, status=verdict.status, reason=verdict.reason.value)


def answers(engine, seed, count):
    """Case after case with what the engine and the oracle say of it."""
    dice = random.Random(seed)
    order = list(range(len(ROWS)))
    dice.shuffle(order)
    intricate = [index for index in order if len(ROWS[index].any_of) > 1]
    for number in range(count):
        # The few operations with alternatives, and among them those with workflows, get a share of their own.
        index = order[number % len(order)] if number % 7 else dice.choice(intricate)
        case = draw(dice, index)
        yield case, said(engine(*case.for_engine())), model.answer(*case.for_model())


def test_both_sides_know_the_same_operations():
    assert [(row.method, row.path) for row in ROWS] == [(each.method, each.path) for each in OPERATIONS]
    assert SHARDS * DECISIONS >= 1_000_000


def test_the_oracle_shares_nothing_with_the_engine():
    source = Path(model.__file__).read_text()
    nodes = list(ast.walk(ast.parse(source)))
    imported = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported == {"__future__", "json", "dataclasses", "pathlib"}, "no engine, no patterns, no caches"
    assert len(source.splitlines()) <= 300


@pytest.mark.parametrize("shard", range(SHARDS))
def test_engine_and_oracle_agree(shard):
    seen: Counter[str] = Counter()
    visited = set()
    for case, engine, oracle in answers(decide, SEED + shard, DECISIONS):
        assert engine == oracle, f"{case}\nengine: {engine}\noracle: {oracle}"
        seen[oracle.reason] += 1
        visited.add(case.index)
    assert visited == {None, *range(len(ROWS))}
    assert seen.total() == DECISIONS
    assert set(seen) == {"", *REASONS}
    assert seen[""] > DECISIONS // 5, "a run that hardly allows anything finds nothing allowed wrongly"
    assert all(seen[reason] > DECISIONS // 1000 for reason in REASONS), seen
