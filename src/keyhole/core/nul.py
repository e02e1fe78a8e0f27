"""The one character that no text here can have: PostgreSQL keeps no NUL, and would fail on being asked for one."""

from __future__ import annotations

from collections.abc import Iterable

from keyhole.core.errors import MalformedRequest


def refuse_nul(texts: Iterable[object]) -> None:
    """MalformedRequest if one of the texts has a NUL character; what is no text is passed over."""
    if any(isinstance(text, str) and "\0" in text for text in texts):
        raise MalformedRequest(
            "The request has a NUL character in it, which no text of Keyhole's can have.",
            hint="Take %00, \\u0000 or \\0 out of it.",
        )
