"""Credentials that only their name tells: a line assigns to `acme_api_key`, so what stands there is Acme's key.

The fast pass looks for such assignments with two patterns, however many rules there are; here the line is read. Lines
stay the same while files change around them, so that nearly every line has been read before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import re2

from keyhole.scanners.secrets.exact import Exact
from keyhole.scanners.secrets.patterns import OPERATOR, QUOTE
from keyhole.scanners.secrets.plain import apart
from keyhole.scanners.secrets.plain.judge import judge

_SHORT, _LONG = 6, 14
_TELLING = r"(?i)(?:pass[_-]?w|pwd|passphrase|secret|[_-]pass|[_-]pw)[0-9a-z_-]{0,12}"
_COMMON = r"(?i)(?:(?:key|token|auth|cred)[0-9a-z_-]{0,12}|[_-]pat)"
_EITHER = "[\"']"
_BARE = r"[0-9A-Za-z_+/.!@#:%^*~$&-]"
_QUOTED = r"[!#-&(-\[\]-_a-~]"
"""Where a quote tells where the value begins it may hold what elsewhere ends one, or is code."""


def _value(size: int, quote: str) -> str:
    return f"(?:{quote}{_QUOTED}{{{size}}}|{_BARE}{{{size}}})"


_SETTING = rf"""(?:[=>]|:[ ])[!#-&)-;?-Z\]-_a-z|-~]{_QUOTED}{{{_SHORT - 1}}}"""
"""A value without quotes that may hold the same: what ends it is the end of the line, or of the element."""

CANDIDATES = (
    f"{_TELLING}(?:{OPERATOR}{_value(_SHORT, QUOTE)}|{_SETTING}|[ ]'{_QUOTED}{{{_SHORT}}})",
    f"{_COMMON}{OPERATOR}{_value(_LONG, QUOTE)}",
    f"(?i)--[a-z-]{{0,16}}(?:password|passwd|secret|token|api-key) {_value(_SHORT, _EITHER)}",
    *(before + _value(_SHORT, _EITHER) for before in apart.LISTED),
    *(f"{before}{_QUOTED}{{{_SHORT}}}" for before in apart.DEFAULTS),
)
"""Vectorscan patterns. Words that every program uses for other things must be followed by a long value."""
SEEN = (_SHORT, _LONG, *(_SHORT for _ in CANDIDATES[2:]))
"""How much of the value each of them takes in."""
APART_FROM = 3
"""From this one on, they are of names that stand apart from their values."""

_BEFORE = 208
_AFTER = 400
_MEMO_BYTES = 32 << 20

Answer = tuple[tuple[int, int, int], ...]
"""Rule, start and end in the line of each secret."""


class Named(NamedTuple):
    """A rule as it is needed here."""

    number: int
    """What to call it in an answer."""
    near: str
    """Pattern of the names of its provider."""
    confirm: Exact
    """Exact pattern over the line; its one group is the secret."""
    accepts: Callable[[bytes, int, int, bool], bool]
    """Whether the span of this line can be a secret; True at the end if the line goes on beyond what is shown."""


class Assigned:
    """The rules with names. Not for several threads at once."""

    def __init__(self, rules: Sequence[Named], judged: Mapping[str, int], options: re2.Options) -> None:
        """`judged` are the rules of the second stage, and what to call them in an answer."""
        self._rules = rules
        self._judged = judged
        self._names = re2.Set.SearchSet(options)
        for rule in rules:
            self._names.Add(f"(?i){rule.near}")
        if rules:
            self._names.Compile()
        self._memo: dict[tuple[bytes, int, bool], Answer] = {}
        self._memo_bytes = 0

    def get_ready(self) -> None:
        """Reads and compiles what is first needed where something is assigned."""
        judge(b'password = "Xq7"', 12, cut=False)
        if self._rules:
            self._names.Match(b"")

    def secrets(self, text: bytes, at: int) -> Sequence[tuple[int, int, int]]:
        """The secrets of the assignment whose value begins here: rule, start and end in the text."""
        low = at - _BEFORE if at > _BEFORE else 0
        low = text.rfind(b"\n", low, at) + 1 or low
        # Spelled out, as it is asked a million times: elsewhere these lines are `_end` and `_placed`.
        high = text.find(b"\n", at, at + _AFTER)
        cut = False
        if high < 0:
            high, cut = _end(text, at)
        question = (text[low:high], at - low, cut)
        answer = self._memo.get(question)
        if answer is None:
            answer = self._answered(question)
        return [(index, low + start, low + stop) for index, start, stop in answer] if answer else ()

    def secrets_apart(self, text: bytes, at: int) -> Sequence[tuple[int, int, int]]:
        """The same where the name does not stand directly before the value."""
        before = apart.joined(text, at)
        if not before:
            return ()
        high, cut = _end(text, at)
        found = self._placed((before + text[at:high], len(before), cut), at - len(before))
        return [each for each in found if each[1] >= at]

    def _placed(self, question: tuple[bytes, int, bool], low: int) -> Sequence[tuple[int, int, int]]:
        answer = self._memo.get(question)
        if answer is None:
            answer = self._answered(question)
        return [(index, low + start, low + stop) for index, start, stop in answer] if answer else ()

    def _answered(self, question: tuple[bytes, int, bool]) -> Answer:
        self._memo_bytes += len(question[0]) + 100
        if self._memo_bytes > _MEMO_BYTES:
            self._memo.clear()
            self._memo_bytes = 0
        answer = self._memo[question] = tuple(self._in_line(*question))
        return answer

    def _in_line(self, line: bytes, at: int, cut: bool) -> list[tuple[int, int, int]]:
        found = self._named(line, at, cut)
        if not found and self._judged:
            judgement = judge(line, at, cut)
            if judgement is not None:
                found.append((self._judged[judgement.rule], judgement.start, judgement.stop))
        return found

    def _named(self, line: bytes, at: int, cut: bool) -> list[tuple[int, int, int]]:
        if not self._rules:
            return []
        found = []
        for number in self._names.Match(line[:at]) or ():
            rule = self._rules[number]
            for match in rule.confirm.finditer(line):
                start, stop = match.span(1)
                if start <= at < stop and rule.accepts(line, start, stop, cut):
                    found.append((rule.number, start, stop))
        return found


def _end(text: bytes, at: int) -> tuple[int, bool]:
    """Where the line ends that is looked at, and whether it goes on."""
    high = text.find(b"\n", at, at + _AFTER)
    if high >= 0:
        return high, False
    high = min(len(text), at + _AFTER)
    return high, high < len(text)
