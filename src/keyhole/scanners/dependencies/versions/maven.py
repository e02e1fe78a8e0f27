"""Maven's versions: numbers, words and, after each hyphen or change between the two, a list inside the list.

Source: `org.apache.maven.artifact.versioning.ComparableVersion` of Maven 3.8,
https://maven.apache.org/pom.html#Version_Order_Specification.
"""

from __future__ import annotations

import functools
import re
from typing import Any

ECOSYSTEMS = ("Maven",)

Item = int | str | list["Item"]
_PIECE = re.compile(r"[0-9]+|[^0-9.-]+|[.-]")
_ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_RELEASE = "5"
"""Position of the empty qualifier, which a release has."""
_DEEPEST = 64
_SEPARATORS = frozenset(".-")


def key(text: str) -> object:
    """A value that sorts as the versions do."""
    items = _parsed(text.lower())
    return functools.cmp_to_key(_compare)(items)


def _parsed(text: str) -> Item:
    root: list[Item] = []
    lists = [root]
    pieces = _PIECE.findall(text)
    pending = False  # whether something stands between the last separator and here
    for position, piece in enumerate(pieces):
        if piece in ".-":
            if not pending:
                lists[-1].append(0)
            pending = False
            if piece == "-":
                _open(lists)
            continue
        if pending:  # from letters to digits or back, with no separator between
            _open(lists)
        following = pieces[position + 1] if position + 1 < len(pieces) else ""
        if not piece.isdigit() and following not in _SEPARATORS and lists[-1]:
            _open(lists)  # `.x1` means what `-x1` means
        lists[-1].append(int(piece) if piece.isdigit() else _qualifier(piece, following.isdigit()))
        pending = True
    for each in reversed(lists):
        _normalize(each)
    return root


def _open(lists: list[list[Item]]) -> None:
    if len(lists) >= _DEEPEST:
        raise ValueError("not a version")
    inner: list[Item] = []
    lists[-1].append(inner)
    lists.append(inner)


def _qualifier(word: str, before_digit: bool) -> str:
    """The word in the form that is compared: the known ones by their position, the others after them by name."""
    if before_digit:
        word = _SHORT.get(word, word)
    word = _ALIASES.get(word, word)
    return str(_QUALIFIERS.index(word)) if word in _QUALIFIERS else f"{len(_QUALIFIERS)}-{word}"


def _normalize(items: list[Item]) -> None:
    for position in range(len(items) - 1, -1, -1):
        if items[position] in (0, _RELEASE, []):
            del items[position]
        elif not isinstance(items[position], list):
            return


def _compare(one: Item | None, other: Item | None) -> int:
    if one is None:
        return 0 if other is None else -_compare(other, None)
    if isinstance(one, list):
        return _compare_list(one, other)
    if isinstance(one, int):
        return _sign(one, other or 0) if other is None or isinstance(other, int) else 1
    if other is None or isinstance(other, str):
        return _sign(one, _RELEASE if other is None else other)
    return -1


def _compare_list(one: list[Item], other: Item | None) -> int:
    if isinstance(other, int):
        return -1
    if isinstance(other, str):
        return 1
    theirs = other or []
    for position in range(max(len(one), len(theirs))):
        mine = one[position] if position < len(one) else None
        result = _compare(mine, theirs[position] if position < len(theirs) else None)
        if result:
            return result
    return 0


def _sign(one: Any, other: Any) -> int:
    return (one > other) - (one < other)
