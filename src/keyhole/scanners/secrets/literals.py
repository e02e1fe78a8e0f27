"""What is in every match of a pattern: words, by which it is noticed in another spelling, and how it begins."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from keyhole.scanners.secrets.syntax import names, tree_of

SHORTEST = 3
"""Characters of a word that is worth looking for."""
_LONGEST = 9
_MOST_WORDS = 16
_MOST_IN_CLASS = 4


class Beginning(NamedTuple):
    """Words, with one of which every match begins; none where it can begin with anything."""

    words: tuple[str, ...] = ()
    any_case: bool = False


class _Words(NamedTuple):
    """Alternatives, one of which must stand at a place; in any case if `any_case`."""

    texts: frozenset[str]
    any_case: bool

    def then(self, other: _Words) -> _Words:
        joined = frozenset(map("".join, itertools.product(self.texts, other.texts)))
        return _Words(joined, self.any_case or other.any_case)

    @property
    def worth(self) -> tuple[int, int]:
        return min(_LONGEST, *map(len, self.texts)), -len(self.texts)


_Parts = list[_Words | None]
"""What stands one behind the other; None for what can be anything, or nothing."""


def required(pattern: str) -> frozenset[bytes]:
    """Words, one of which is in each match of the pattern, in each usual case; empty where there are none.

    Also empty for a pattern that Python does not read: then nothing is known, which is always true.
    """
    try:
        tree = tree_of(pattern)
    except re.error:
        return frozenset()
    best = _best(_parts(tree, bool(tree.state.flags & re.IGNORECASE)))
    if best is None:
        return frozenset()
    cut = {text[:_LONGEST] for text in best.texts}
    if best.any_case:
        cut |= {
            case for text in cut for case in (text.lower(), text.upper(), text.title(), text.capitalize())
        }
    return frozenset(text.encode() for text in cut)


def beginning(pattern: str) -> Beginning:
    """How each match of a pattern begins, if that is a few words. A pattern that Python does not read says nothing."""
    try:
        tree = tree_of(pattern)
    except (re.error, OverflowError, RecursionError):
        return Beginning()
    words = _Words(frozenset({""}), any_case=False)
    for part in _parts(tree, bool(tree.state.flags & re.IGNORECASE)):
        if part is None or len(words.texts) * len(part.texts) > _MOST_WORDS:
            break
        words = words.then(part)
    if min(map(len, words.texts)) < SHORTEST:
        return Beginning()
    found = {text[:_LONGEST].lower() if words.any_case else text[:_LONGEST] for text in words.texts}
    return Beginning(tuple(sorted(found)), words.any_case)


def _best(parts: _Parts) -> _Words | None:
    """The most telling words among the parts, joined where they touch."""
    together: _Parts = []
    for part in parts:
        last = together[-1] if together else None
        if part is None or last is None or len(last.texts) * len(part.texts) > _MOST_WORDS:
            together.append(part)
        else:
            together[-1] = last.then(part)
    found = [each for each in together if each is not None and min(map(len, each.texts)) >= SHORTEST]
    return max(found, key=lambda each: each.worth, default=None)


def _parts(sequence: Iterable[tuple[Any, Any]], any_case: bool) -> _Parts:
    parts: _Parts = []
    for kind, value in sequence:
        if kind is names.LITERAL:
            parts.append(_Words(frozenset({chr(value)}), any_case))
        elif kind is names.IN:
            parts.append(_class(value, any_case))
        elif kind is names.SUBPATTERN:
            _, added, removed, inner = value
            same_case = (any_case or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE
            parts += _parts(inner, same_case)
        elif kind is names.BRANCH:
            parts += _either([_parts(branch, any_case) for branch in value[1]])
        elif kind in {names.MAX_REPEAT, names.MIN_REPEAT} and value[0] > 0:
            parts += [*_parts(value[2], any_case), None]
        elif kind is not names.AT:
            parts.append(None)
    return parts


def _class(members: Iterable[tuple[Any, Any]], any_case: bool) -> _Words | None:
    texts: set[str] = set()
    for kind, value in members:
        if kind is names.LITERAL:
            texts.add(chr(value))
        elif kind is names.RANGE and value[1] - value[0] < _MOST_IN_CLASS:
            texts.update(map(chr, range(value[0], value[1] + 1)))
        else:
            return None
    return _Words(frozenset(texts), any_case) if len(texts) <= _MOST_IN_CLASS else None


def _either(branches: list[_Parts]) -> _Parts:
    """Words for a choice: exactly its branches if each is fixed, else how each begins, and the best of each."""
    whole = [_fixed(branch) for branch in branches]
    if all(whole):
        return [_union(whole)]
    begin = [_fixed(list(itertools.takewhile(bool, branch))) for branch in branches]
    best = [_best(branch) for branch in branches]
    return [_union(begin) if all(begin) else None, None, _union(best) if all(best) else None, None]


def _fixed(branch: _Parts) -> _Words | None:
    joined: _Words | None = _Words(frozenset({""}), False)
    for part in branch:
        if part is None or joined is None or len(joined.texts) * len(part.texts) > _MOST_WORDS:
            return None
        joined = joined.then(part)
    return joined


def _union(each: list[_Words | None]) -> _Words:
    words = [one for one in each if one is not None]
    return _Words(
        frozenset(itertools.chain.from_iterable(one.texts for one in words)),
        any(one.any_case for one in words),
    )
