"""Which operations are carried out here, found by walking `operations/`; what is not found is authorized, then 501.

A read is one coroutine. A write is two steps: `plan` looks and says which refs would move, and nothing has happened
yet; only after that was judged and recorded does the plan's `carry_out` act.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from keyhole.core.permissions import vocabulary
from keyhole.core.request import RefUpdate
from keyhole.gateway.http import Response
from keyhole.gateway.rest import operations

if TYPE_CHECKING:
    from keyhole.gateway.rest.context import Context


@dataclass(frozen=True, slots=True)
class Plan:
    """What a write would do, ready to be judged."""

    carry_out: Callable[[], Awaitable[Response]]
    updates: tuple[RefUpdate, ...] = ()
    """Every ref it would move."""


Reader = Callable[["Context"], Awaitable[Response]]
Planner = Callable[["Context"], Awaitable[Plan]]
_R = TypeVar("_R", bound=Reader)
_P = TypeVar("_P", bound=Planner)


@dataclass(frozen=True, slots=True)
class Implementation:
    """How one operation is carried out; exactly one of `read` and `plan` is there."""

    operation_id: str
    media: frozenset[str]
    """Media type parameters it knows beside plain JSON."""
    read: Reader | None = None
    plan: Planner | None = None


_found: dict[str, Implementation] = {}


def reads(operation_id: str, *media: str) -> Callable[[_R], _R]:
    """Registers a coroutine `(context) -> Response` that changes nothing."""

    def register(function: _R) -> _R:
        _add(Implementation(operation_id, frozenset(media), read=function))
        return function

    return register


def writes(operation_id: str) -> Callable[[_P], _P]:
    """Registers a coroutine `(context) -> Plan` that only looks; what it returns acts later."""

    def register(function: _P) -> _P:
        _add(Implementation(operation_id, frozenset(), plan=function))
        return function

    return register


def _add(implementation: Implementation) -> None:
    if implementation.operation_id in _found:
        raise ValueError(f"{implementation.operation_id} is registered twice")
    if implementation.operation_id not in {operation.id for operation in vocabulary().operations}:
        raise ValueError(f"{implementation.operation_id} is not in the table of operations")
    _found[implementation.operation_id] = implementation


@cache
def registered() -> dict[str, Implementation]:
    """Operation id -> implementation, for everything in `operations/`."""
    for module in pkgutil.iter_modules(operations.__path__):
        import_module(f"{operations.__name__}.{module.name}")
    return dict(sorted(_found.items()))
