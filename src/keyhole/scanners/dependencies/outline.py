"""YAML's block mappings, in the layout in which tools write their lock files: a key and perhaps a value on each line.

Nothing is built from a file and no alias is followed, so that there is nothing to blow up and no depth to fall into.
What is not in this layout (lists, flow mappings, blocks of text) is not looked into; a reader says what it cannot do
without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from keyhole.scanners.dependencies.package import Malformed, text_of
from keyhole.scanners.lazily import pattern

Keys = tuple[str, ...]
_ENTRY = pattern(
    r"""
    (?P<indent>\ *+) (?P<explicit>\?\ )?
    (?: '(?P<single>(?:[^']|'')*+)' | "(?P<double>[^"\\]*+)" | (?P<plain>[^\s'"\#?:{}[\]&*-].*?) )
    (?: : (?:\s+(?P<value>.*))? )?
    """,
    re.VERBOSE,
)
_SAME = pattern(r"^( *+): ")
_DEEPEST = 32


def entries(content: bytes) -> Iterator[tuple[int, Keys, str]]:
    """Line, keys from the outermost to this one, and value of each entry; empty where there are entries below."""
    above: list[tuple[int, str]] = []
    for number, line in enumerate(text_of(content).splitlines(), 1):
        # The value of a long key, which is written `? key` and `: value`.
        match = _ENTRY.fullmatch(_SAME.sub(r"\1  ", line, count=1))
        if match is None or not (match["explicit"] or ":" in line):
            continue
        indent = len(match["indent"])
        while above and above[-1][0] >= indent:
            above.pop()
        if len(above) >= _DEEPEST:
            raise Malformed("too deep")
        above.append((indent, _key(match)))
        yield number, tuple(key for _, key in above), unquoted(match["value"] or "")


def _key(match: re.Match[str]) -> str:
    if match["single"] is not None:
        return match["single"].replace("''", "'")
    return match["double"] if match["double"] is not None else match["plain"]


def unquoted(text: str) -> str:
    """A value without the quotes around it; one without quotes loses the comment behind it."""
    text = text.strip()
    if text[:1] in {"'", '"'} and (end := text.find(text[0], 1)) > 0:
        return text[1:end]
    return text.partition(" #")[0].rstrip()
