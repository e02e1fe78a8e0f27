"""A secret is a type: it never shows itself unless asked to by name."""

from __future__ import annotations

import hmac


class Secret:
    """A text that must not be printed, logged, pickled or compared in variable time.

    `reveal()` is the only way to the text, so that every place that sees it can be found by name.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Callers show it once, hash it, or hand it to a child's standard input."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._text.encode("utf-8", "surrogatepass"), other._text.encode("utf-8", "surrogatepass")
        )

    __hash__ = None  # type: ignore[assignment]  # a hash would be a second, variable-time way to compare

    def __reduce__(self) -> object:  # type: ignore[override]
        raise TypeError("a Secret is never serialised")
