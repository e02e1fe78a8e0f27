"""A second, brute answer to "which permissions are the least", from the raw table and sharing no code with Keyhole.

Every combination of levels of the permissions that could matter is tried. Slow on purpose.
"""

from __future__ import annotations

import itertools

from tests.oracle import model

LEVELS = ("read", "write", "admin")
ROWS = [row for row in model.rows() if row.any_of and ".git/" not in row.path]
GROUP = {row["name"]: row["group"] for row in model.TABLE["permissions"]}


def enough(held: dict[str, str], any_of) -> bool:
    """Whether `held` has all of one of the sets; other repository permissions bring metadata: read along."""
    whole = dict(held)
    if any(GROUP[name] == "repository" for name in held):
        whole.setdefault("metadata", "read")
    return any(
        all(name in whole and LEVELS.index(whole[name]) >= LEVELS.index(level) for name, level in needed)
        for needed in any_of
    )


def allowed(held: dict[str, str]) -> int:
    """The sum over permissions of how many operations each allows by itself."""
    return sum(enough({name: level}, row.any_of) for name, level in held.items() for row in ROWS)


def cost(held: dict[str, str]):
    """What a plan is judged by: admin, then write, then how many, then how much they allow. Metadata costs nothing."""
    counted = {name: level for name, level in held.items() if name != "metadata"}
    return (
        sum(level == "admin" for level in counted.values()),
        sum(level != "read" for level in counted.values()),
        len(counted),
        allowed(counted),
    )


def cheapest(demands):
    """The least cost of any permission set that is enough for every demand, by trying them all."""
    names = sorted({name for any_of in demands for needed in any_of for name, _ in needed})
    choices = [
        (
            None,
            *[
                each
                for each in LEVELS
                if any((name, each) in needed for any_of in demands for needed in any_of)
            ],
        )
        for name in names
    ]
    return min(
        cost(held)
        for levels in itertools.product(*choices)
        if all(
            enough(held, any_of)
            for held in [{name: level for name, level in zip(names, levels, strict=True) if level}]
            for any_of in demands
        )
        for held in [{name: level for name, level in zip(names, levels, strict=True) if level}]
    )
