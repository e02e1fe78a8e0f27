"""What came of a program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run of a program."""

    code: int
    """Exit code. Means something only if `ended` is empty."""
    ended: str
    """Why it did not come to its own end, as the rest of a sentence about it; empty if it did."""
    output: bytes
    errors: bytes
    """What it wrote to its standard output and its standard error."""
    unwritten: tuple[str, ...] = ()
    """Names of the files that could not be given to it."""
