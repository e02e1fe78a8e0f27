"""Numbers that a form sends."""

from __future__ import annotations

_LONGEST = 18


def whole_number(text: str) -> int:
    """The id that a field holds; 0, which is nobody's, for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST else 0
