"""Policies that Keyhole offers to begin with; none is there before somebody takes it. Needs no database."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from keyhole.core.gates import Policy
from keyhole.core.policy_text import from_text

_ORDER = ("production", "staging", "development")

DUE_DAYS = {
    "production": {"critical": 2, "high": 7, "medium": 30, "low": 90},
    "staging": {"critical": 7, "high": 30, "medium": 90},
    "development": {"critical": 30, "high": 90},
}
"""Days until a finding is due in the environment that goes with each."""


@cache
def text(name: str) -> str:
    """The file. KeyError if there is none of this name."""
    if name not in _ORDER:
        raise KeyError(name)
    return (files(__package__) / f"{name}.toml").read_text("utf-8")


def examples() -> dict[str, Policy]:
    """Each by name, the strictest first."""
    return {name: from_text(text(name)) for name in _ORDER}
