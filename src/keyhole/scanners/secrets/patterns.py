"""The two patterns of a rule, made from the shorter ways to write most rules, and how far a pattern can reach.

`token` is the whole format of a secret that is known by itself (`acme_[0-9a-f]{32}`). `near` and `value` are for the
ones that look like nothing in particular: a name of the provider, then a word such as `key`, an assignment, the value.
The latter need no pattern in the fast pass, which looks for assignments to such words once for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from keyhole.scanners import lazily
from keyhole.scanners.secrets.syntax import tree_of

SHORT = ("token", "near", "value", "words")
"""Fields that patterns are made of."""
WIDEST = 1 << 14
"""The most that `before` and `after` may be."""
WORDS = "passw|passphrase|secret|key|token|auth|cred|pat"
"""What a name must hold for its value to be taken for a credential, unless the rule says others."""
_BLANKS_BEFORE, _BLANKS_BEHIND = r"[ \t]{0,40}", r"[ \t]{0,24}"
OPERATOR = (
    rf"""\\?["'\])]{{0,2}}{_BLANKS_BEFORE}(?::[ ]?[A-Za-z][A-Za-z\[\]]{{0,12}}[ ]?=|=>|:=|=|:|,|\(|>|value=|')"""
    f"{_BLANKS_BEHIND}"
)
"""Between a name and its value: in code, JSON, YAML, TOML, XML, shell and SQL, and in texts within code."""
QUOTE = r"""[bruf]?\\?["'`]"""
ASSIGNS = f"{OPERATOR}(?:{QUOTE})?"
"""The same with what opens a value that is quoted."""
ASSIGNS_IN_A_LINE = ASSIGNS.replace(_BLANKS_BEFORE, r"[ \t]*").replace(_BLANKS_BEHIND, r"[ \t]*")
"""The same for RE2, to which so many blanks are so many steps, and any number of them is one."""
_OPEN_END = lazily.pattern(r"\{(\d+),\d*\}(?:=(?:\{\d(?:,\d)?\}|\?)?)?$")
_MARGIN = 24
_ENDLESS = 1 << 16
_MOST = WIDEST - _MARGIN
"""Characters that a rule may match whose author gives no windows."""


def with_patterns(given: dict[str, Any]) -> dict[str, Any]:
    """The entry with `scan` and `confirm`, and windows that fit them. Raises ValueError with all that does not fit."""
    entry = dict(given)
    token, value, words = (entry.pop(name, None) for name in ("token", "value", "words"))
    near = entry.get("near")
    windows = "before" in entry and "after" in entry
    patterns = {name: given.get(name) for name in SHORT}
    if wrong := list(_texts(patterns)):
        raise ValueError(*wrong)
    if near is None and (value is not None or words is not None):
        raise ValueError("near: is missing, to which value and words belong")
    if entry.get("judge"):
        entry["scan"] = entry["confirm"] = ""
        return entry
    if (token is not None) + (near is not None) + ("scan" in entry or "confirm" in entry) != 1:
        raise ValueError("token: write that, or near and value, or scan and confirm")
    if token is not None:
        entry["scan"], entry["confirm"] = _shortest(token), f"({token})"
    elif near is None:
        return entry
    elif value is None:
        raise ValueError("value: is missing, which near needs")
    else:
        entry["scan"], entry["confirm"] = "", f"{_named(near, words or WORDS, ASSIGNS)}({value})"
    widest = _reach(patterns, entry["confirm"], windows=windows)
    if near is not None:
        entry["confirm"] = f"{_named(near, words or WORDS, ASSIGNS_IN_A_LINE)}({value})"
    entry.setdefault("before", max(160, widest + _MARGIN))
    entry.setdefault("after", max(200, widest + _MARGIN))
    return entry


def width(pattern: str, field: str = "confirm") -> int:
    """The most characters that the pattern can match, at most 64 Ki; what has no end counts as that."""
    try:
        return min(int(tree_of(pattern).getwidth()[1]), _ENDLESS)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{field}: is no pattern: {error}") from error


def _texts(patterns: dict[str, Any]) -> Iterator[str]:
    for field, pattern in patterns.items():
        if pattern is not None and not (isinstance(pattern, str) and pattern):
            yield f"{field}: must be a text that is not empty"


def _reach(patterns: dict[str, Any], confirm: str, *, windows: bool) -> int:
    """How far they reach together, which is the author's business if both windows are given. ValueError as above."""
    try:
        widest = width(confirm)
    except ValueError as error:  # perhaps only of them together
        raise ValueError(*(list(_each(patterns, windows=windows)) or error.args)) from None
    if not windows and widest > _MOST:
        wrong = list(_each(patterns, windows=windows))
        raise ValueError(*(wrong or [f"value: may match, with near before it, {_much(widest)}"]))
    return widest


def _each(patterns: dict[str, Any], *, windows: bool) -> Iterator[str]:
    for field, pattern in patterns.items():
        try:
            widest = width(pattern or "", field)
        except ValueError as error:
            yield str(error)
        else:
            if not windows and widest > _MOST:
                yield f"{field}: may match {_much(widest)}, so say how many: {{20,200}}"


def _much(widest: int) -> str:
    return f"{'without end' if widest == _ENDLESS else f'{widest:,} characters'}; {_MOST:,} are looked at"


def _named(near: str, words: str, assigns: str) -> str:
    return rf"(?i:{near})[0-9A-Za-z_. -]{{0,24}}(?i:{words})[0-9A-Za-z_-]{{0,12}}{assigns}"


def _shortest(pattern: str) -> str:
    """The same without an open end: the fast pass need only say that there is one."""
    return _OPEN_END.sub(lambda found: f"{{{found[1]}}}", pattern)
