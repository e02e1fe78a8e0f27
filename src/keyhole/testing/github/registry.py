"""Handlers of operations: one function each, found by walking `rest/`, by GitHub's operation id."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from keyhole.testing.github import rest
from keyhole.testing.github.answers import Answer, Listed, Source
from keyhole.testing.github.call import Call

Result = Answer | Listed | dict[str, Any] | list[Any] | None
"""A handler may return the body alone: its status is then the documented one."""
_handlers: dict[str, Handler] = {}


@dataclass(frozen=True, slots=True)
class Handler:
    """What answers an operation."""

    function: Callable[[Call], Result]
    source: Source


def answers(*operation_ids: str, source: Source = Source.DOCUMENTED) -> Callable[..., Any]:
    """Registers a function as the handler of these operations."""

    def register(function: Callable[[Call], Result]) -> Callable[[Call], Result]:
        for each in operation_ids:
            if each in _handlers:
                raise RuntimeError(f"{each} has two handlers")
            _handlers[each] = Handler(function, source)
        return function

    return register


@cache
def handlers() -> Mapping[str, Handler]:
    """Every operation with real state; the others get a generic answer."""
    for module in pkgutil.iter_modules(rest.__path__):
        import_module(f"{rest.__name__}.{module.name}")
    return _handlers
