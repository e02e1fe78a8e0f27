"""What goes with an environment that is removed: the rooms above add their part here, so that this one need not know
them. Each runs in the transaction that removes it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

Part = Callable[[int], None]

_offered: set[str] = set()
_parts: list[Part] = []


def offer_on_removal(module: str) -> None:
    """Names a module that has a part. It is imported when an environment is removed, not at every start-up."""
    _offered.add(module)


def on_removal(part: Part) -> Part:
    """Registers the decorated function, which gets the id of the environment."""
    _parts.append(part)
    return part


def run_parts(number: int) -> None:
    """Runs each."""
    for module in sorted(_offered):
        import_module(module)
    for part in _parts:
        part(number)
