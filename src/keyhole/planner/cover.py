"""The least permissions that satisfy every demand, found exactly.

A demand is met by any one of its alternatives, and an alternative by all of its permissions. Least means, in this
order: fewest permissions with admin, fewest that can write, fewest permissions, fewest operations that they allow,
and the names in alphabetical order, so that the answer is always the same one. Every permission and every level adds
to that, so nothing of the answer can be taken away or lowered: see docs/decisions for the proof in a few words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from keyhole.core.permissions import Group, Level, PermissionSet, vocabulary

Alternatives = tuple[PermissionSet, ...]
_Cost = tuple[int, int, int, int]


def least(demands: Sequence[Alternatives]) -> dict[str, Level]:
    """The least permission set that meets every demand; `metadata` only where nothing else brings it along.

    A demand without alternatives cannot be met: ValueError. The caller sorts those out, with a reason.
    """
    choices = _different([_irreducible(each) for each in demands])
    if any(not each for each in choices):
        raise ValueError("a demand without alternatives cannot be met")
    best: tuple[_Cost, tuple[tuple[str, Level], ...]] | None = None

    def search(at: int, held: dict[str, Level]) -> None:
        nonlocal best
        cost = _cost(held)
        if best is not None and cost > best[0]:
            return  # whatever is added only costs more
        while at < len(choices) and meets(held, choices[at]):
            at += 1
        if at == len(choices):
            found = (cost, tuple(sorted(held.items())))
            best = found if best is None else min(best, found)
            return
        for needed in choices[at]:
            search(at + 1, joined(held, needed))

    search(0, {})
    return dict(best[1]) if best else {}


def meets(held: PermissionSet, alternatives: Alternatives) -> bool:
    """Whether one of the alternatives is held; every repository permission brings `metadata: read` along."""
    return any(all(_holds(held, name, level) for name, level in needed.items()) for needed in alternatives)


def _holds(held: PermissionSet, name: str, level: Level) -> bool:
    if name == "metadata" and brings_metadata(held):
        return True
    return held.get(name, 0) >= level


def brings_metadata(held: PermissionSet) -> bool:
    """Whether GitHub adds `metadata: read` to these permissions by itself."""
    known = vocabulary().permissions
    return any(name != "metadata" and known[name].group is Group.REPOSITORY for name in held)


def joined(held: PermissionSet, more: PermissionSet) -> dict[str, Level]:
    """Both together: of each permission the higher level."""
    both = dict(held)
    for name, level in more.items():
        both[name] = max(level, both.get(name, level))
    return {name: level for name, level in both.items() if name != "metadata" or not brings_metadata(both)}


def _irreducible(alternatives: Alternatives) -> Alternatives:
    """Without the alternatives that ask for all that another one asks for, and more."""
    ways = [joined({}, needed) for needed in alternatives]
    return tuple(
        needed
        for number, needed in enumerate(ways)
        if not any(
            meets(needed, (other,)) and (other != needed or at < number)
            for at, other in enumerate(ways)
            if at != number
        )
    )


def _different(demands: Sequence[Alternatives]) -> list[Alternatives]:
    """Each demand once, those with the fewest ways first: what is certain soon bounds the rest."""
    seen: dict[tuple[tuple[tuple[str, Level], ...], ...], Alternatives] = {}
    for each in demands:
        seen.setdefault(tuple(sorted(tuple(sorted(needed.items())) for needed in each)), each)
    return [seen[key] for key in sorted(seen, key=lambda key: (len(key), key))]


def _cost(held: Mapping[str, Level]) -> _Cost:
    counted = [(name, level) for name, level in held.items() if name != "metadata"]
    return (
        sum(level >= Level.ADMIN for _, level in counted),
        sum(level >= Level.WRITE for _, level in counted),
        len(counted),
        sum(reach(name, level) for name, level in counted),
    )


@cache
def reach(name: str, level: Level) -> int:
    """How many documented operations a permission allows by itself."""
    return sum(
        meets({name: level}, operation.any_of) for operation in vocabulary().operations if operation.any_of
    )
