"""The order of versions, one module for each way of ordering, each following its ecosystem's own specification.

A module offers `ECOSYSTEMS`, the names that OSV gives them, and `key(text)`: a value that sorts as the versions do, or
ValueError for a text that is no version there. One in whose ecosystem there are versions of several kinds offers
`kind(key)`, too: two of different kinds have an order, but not one from which anything follows. One whose versions may
say what somebody has made of them offers `public(text)`: the version that it is for everybody else. Modules are found
by walking this package.
"""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any

Key = Callable[[str], Any]
LONGEST = 256
"""Characters of a version. Real ones have less than a hundred; a longer text is none, whatever it costs to look at."""

_REMEMBERED = 100_000


@functools.cache
def _modules() -> tuple[ModuleType, ...]:
    return tuple(import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))


@functools.cache
def orders() -> Mapping[str, Key]:
    """The order of each ecosystem, by its OSV name."""
    found: dict[str, Key] = {}
    for module in _modules():
        found.update(dict.fromkeys(module.ECOSYSTEMS, module.key))
    return MappingProxyType(found)


def spelled(ecosystem: str) -> str:
    """The ecosystem's name as OSV writes it, from any case; one that has no order is left as it is."""
    return next((name for name in orders() if name.lower() == ecosystem.lower()), ecosystem)


@functools.cache
def kinds() -> Mapping[str, Callable[[Any], object]]:
    """What tells the kind of a version by its key, of each ecosystem that has several, by its OSV name."""
    found: dict[str, Callable[[Any], object]] = {}
    for module in _modules():
        if hasattr(module, "kind"):
            found.update(dict.fromkeys(module.ECOSYSTEMS, module.kind))
    return MappingProxyType(found)


@functools.cache
def _publics() -> Mapping[str, Callable[[str], str]]:
    return {
        name: module.public
        for module in _modules()
        if hasattr(module, "public")
        for name in module.ECOSYSTEMS
    }


def public(ecosystem: str, version: str) -> str:
    """The version that advisories are about where this one is used."""
    made = _publics().get(ecosystem)
    return version if made is None else made(version)


@functools.lru_cache(_REMEMBERED)
def key(ecosystem: str, version: str) -> Any:
    """A value that sorts as the ecosystem's versions do. ValueError when the text is no version of it."""
    if not version or len(version) > LONGEST:
        raise ValueError("not a version")
    return orders()[ecosystem](version)
