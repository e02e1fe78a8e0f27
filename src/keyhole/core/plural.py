"""Numbers of things, in words."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """`1 repository`, `2 repositories`, `1,204 tokens`."""
    plural = f"{thing[:-1]}ies" if thing.endswith("y") and not thing.endswith("ay") else f"{thing}s"
    return f"{number:,} {thing if number == 1 else plural}"
