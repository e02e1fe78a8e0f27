"""Text in other encodings than UTF-8, which some programs take for binary and others do not read."""

from __future__ import annotations

import codecs
import io
import tokenize
import warnings

# Those of UTF-32 first: one of them begins like one of UTF-16.
_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_UTF_8 = frozenset({"utf-8", "utf-8-sig", "ascii"})
_NOT_ASCII = bytes(range(0x80, 0x100))


def is_wide(raw: bytes) -> bool:
    """Whether it begins with the mark of text in UTF-16 or UTF-32."""
    return raw.startswith(tuple(_WIDE))


def as_utf_8(raw: bytes) -> bytes:
    """The same text in UTF-8 if its mark says that it is in UTF-16 or UTF-32, and it is; else as it was."""
    name = next((name for mark, name in _WIDE.items() if raw.startswith(mark)), "")
    if not name:
        return raw
    try:
        return raw.decode(name).encode()
    except UnicodeError:
        return raw


def source_as_utf_8(raw: bytes) -> bytes | None:
    """A file of Python in UTF-8, whatever encoding it declares, with the same lines; None if that cannot be.

    In some encodings what looks like a comment is code, as in UTF-7: those where ASCII is not ASCII are not read.
    """
    # Python takes a lone carriage return for the end of a line, and looks for the declaration in two lines.
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        name = codecs.lookup(tokenize.detect_encoding(io.BytesIO(lines).readline)[0]).name
        if name in _UTF_8:
            return raw
        plain = raw.translate(None, _NOT_ASCII)
        with warnings.catch_warnings(action="ignore"):  # of escapes that are none
            return raw.decode(name).encode() if plain.decode(name) == plain.decode("ascii") else None
    except (SyntaxError, LookupError, ValueError):
        return None
