"""Text of others within Markdown: shown as it is, and able to do nothing.

Every character that could mean something, to Markdown or to HTML, is written as a character reference: those are text
by the standard (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references), whatever they stand for.
"""

from __future__ import annotations

from keyhole.core.redact import one_line

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,")
_LINKING = frozenset("@#")
"""GitHub makes links of what follows these, after Markdown has been read; in front of nothing they are harmless."""


def plain(text: str, most: int = 200) -> str:
    """The text on one line, without anything that looks like a token."""
    return "".join(map(_reference, one_line(text, most)))


def code(text: str, most: int = 200) -> str:
    """The same in the type of code, in which GitHub links nothing."""
    return f"<code>{plain(text, most)}</code>"


def _reference(character: str) -> str:
    if character in _PLAIN or (not character.isascii() and character.isalpha()):
        return character
    return f"&#{ord(character)};" + ("&#8203;" if character in _LINKING else "")
