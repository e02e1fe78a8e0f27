"""How notes of a result begin that tell what was not done again, and what files are called that make it possible."""

from __future__ import annotations

REMEMBERED = "Remembered: "


def ids_of(name: str) -> str:
    """The name of the file of ids that belongs to what is remembered under this name."""
    return f"ids-{name}"
