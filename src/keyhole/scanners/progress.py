"""How far a scan is, as its process says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is."""

    phase: str
    """`listing`, `reading`, `attributing` or `assessing`, in this order."""
    done: int
    """Objects (or, while attributing, commits) so far."""
    total: int
    """How many there will be; 0 while that is not known."""
