"""How notes of a result begin that tell what was not done again, and what files are called that make it possible."""

from __future__ import annotations

REMEMBERED = "Remembered: "


DIGEST = 32
"""Bytes that both files begin with, so that each is known to belong to the other."""


def ids_of(name: str) -> str:
    """The name of the file of ids that belongs to what is remembered under this name."""
    return f"ids-{name}"
