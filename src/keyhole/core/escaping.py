"""Text that came from a repository, made harmless to look at."""

from __future__ import annotations

import re


def escape(raw: bytes) -> str:
    r"""Text that prints as one harmless piece: bytes that are not UTF-8 as `\xNN`, hidden ones as `\uNNNN`.

    Backslashes are doubled, so that two different names never look the same.
    """
    text = raw.decode("utf-8", "surrogateescape").replace("\\", "\\\\")
    if text.isprintable():
        return text
    return "".join(map(_escaped, text))


def is_escaped(text: str) -> bool:
    """Whether the text holds nothing that could hide, break a line or steer a terminal."""
    return text.isprintable() or not any(map(_is_hidden, text))


def _is_hidden(character: str) -> bool:
    if character.isprintable():
        return False
    import unicodedata  # noqa: PLC0415  # nearly all text is printable, and every scan begins with this module

    return unicodedata.category(character) != "Zs"  # blanks of any width hide nothing


def _escaped(character: str) -> str:
    if not _is_hidden(character):
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # what surrogateescape made of a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def unescape(text: str) -> bytes:
    """The bytes that `escape` made this text of. What it never makes stays as it is."""
    return re.sub(_ESCAPE, _plain, text).encode("utf-8", "surrogateescape")


# Not compiled here: every scan begins with this module, and hardly any takes an escape back.
_ESCAPE = r"\\(?:\\|x[89a-f][0-9a-f]|u[0-9a-f]{4}|U[0-9a-f]{8})"


def _plain(found: re.Match[str]) -> str:
    kind, code = found[0][1], found[0][2:]
    if kind == "\\":
        return "\\"
    number = int(code, 16)
    return chr(number + 0xDC00 if kind == "x" else number) if number <= 0x10FFFF else found[0]


def visible(text: str) -> str:
    r"""One line of text for people to look at: tabs as blanks, what could hide or steer something as `\uNNNN`."""
    text = text.expandtabs(4)
    return text if is_escaped(text) else "".join(map(_escaped, text))
