"""Who asks for whom among the packages of a file: which of them are direct, and what pulls the others in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.package import Standing

N = TypeVar("N", bound=Hashable)

_LONGEST = 12
"""Packages on a path. Of a longer one the middle is left out: nobody reads it, and files may be made to be long."""
_LEFT_OUT = "..."


def standings(
    asks: Mapping[N, Iterable[N]],
    named: Callable[[N], str],
    direct: Iterable[N] | None,
    direct_dev: Iterable[N] = (),
) -> dict[N, Standing]:
    """How each package is come to that can be come to; `asks` says what each of them asks for.

    `direct` is None where it is not known what the repository itself asks for. Then a package that no other asks for
    is direct, since nobody else could have; of the others it is only known what pulls them in.
    """
    found: dict[N, Standing] = {}
    if direct is None:
        asked = {other for each in asks.values() for other in each}
        _spread(asks, named, (each for each in asks if each not in asked), Relation.UNKNOWN, False, found)
        return found
    _spread(asks, named, direct, Relation.TRANSITIVE, False, found)
    _spread(asks, named, direct_dev, Relation.TRANSITIVE, True, found)
    return found


def _spread(
    asks: Mapping[N, Iterable[N]],
    named: Callable[[N], str],
    starts: Iterable[N],
    others: Relation,
    dev: bool,
    found: dict[N, Standing],
) -> None:
    """Goes on from the starts to what was not found yet, the nearest first."""
    queue: deque[N] = deque()
    for start in starts:
        before = found.get(start)
        found[start] = Standing(Relation.DIRECT, (), before.dev if before else dev)
        if before is None:
            queue.append(start)
    while queue:
        each = queue.popleft()
        onward = None
        for other in asks.get(each, ()):
            if other not in found:
                onward = onward or Standing(others, _longer(found[each].via, named(each)), dev)
                found[other] = onward
                queue.append(other)


def _longer(via: tuple[str, ...], name: str) -> tuple[str, ...]:
    if len(via) < _LONGEST:
        return (*via, name)
    middle = _LONGEST // 2
    return (*via[:middle], _LEFT_OUT, *via[middle + (2 if _LEFT_OUT in via else 1) :], name)
