"""`BASE...HEAD` of the compare operations: which repository and which ref each side names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison."""

    owner: str
    """Login, when the side names one; empty for the repository of the path."""
    repository: str
    """Name, when the side names one; empty for the name of the path's repository."""
    ref: str


def sides(basehead: str) -> tuple[Side, Side] | None:
    """Base and head of `[[owner:]repository:]ref...ref`; None when it is not of this form."""
    base, separator, head = basehead.partition("...")
    if not separator or not base or not head or "..." in head:
        return None
    parsed = (_side(base), _side(head))
    return None if parsed[0] is None or parsed[1] is None else (parsed[0], parsed[1])


def _side(text: str) -> Side | None:
    parts = text.split(":")
    if not all(parts) or len(parts) > 3:
        return None
    return Side(parts[0] if len(parts) > 1 else "", parts[1] if len(parts) == 3 else "", parts[-1])
