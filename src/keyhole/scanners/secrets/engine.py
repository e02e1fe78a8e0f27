"""Finds secrets in a text: one fast pass for all rules together, then an exact look at the few places it names.

The fast pass (Vectorscan) knows no groups and no look-around and reports only where a match ends; the exact one (RE2)
runs in linear time on a window around it. Neither can be made to take long by the text, which `re` could.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import hyperscan
import re2

from keyhole.core.finding import LAST4_FROM
from keyhole.scanners.interface import About, Digest, Hit
from keyhole.scanners.secrets.checks import CHECKSUMS, NORMAL_FORMS, entropy, made_up
from keyhole.scanners.secrets.rules import Rule

_RE2_MEMORY = (
    64 << 20
)  # the default of 8 MiB makes some patterns fall back to a machine a hundred times slower
_MEMO_BYTES = 32 << 20
_WIDEST = 64 << 10
_CONTEXT = 12  # bytes before a secret that tell an escape from a word
# `\nghp_...` in a JSON string, `%3Dghp_...` in an address, a colour in a log: what stands before is no word.
_ESCAPE = re.compile(rb"(?<!\\)\\[nrtbf]$|%[0-9A-Fa-f]{2}$|\x1b\[[0-9;]*[A-Za-z]$")
_ASSIGNS = ord("=")  # ends base64, so it may not follow a secret; before one it only assigns
_PRINTABLE = re.compile(rb"[!-~]{4}")

Span = tuple[int, int]
_Question = tuple[int, bytes, int, bool, bool]
_Answer = tuple[Span | None, bool]


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    confirm: re2._Regexp
    edge: frozenset[int]


class Engine:
    """All rules, compiled. Not for several threads at once."""

    def __init__(self, rules: Sequence[Rule], digest: Digest) -> None:
        self._digest = digest
        self._rules = [_compiled(rule) for rule in rules]
        self._about = {rule.id: rule.about() for rule in rules}
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[rule.scan.encode() for rule in rules],
            ids=list(range(len(rules))),
            elements=len(rules),
            flags=[0] * len(rules),
        )
        self._memo: dict[_Question, _Answer] = {}
        self._memo_bytes = 0

    def about(self, rule: str) -> About:
        """What to say about a finding of this rule."""
        return self._about[rule]

    def examine(self, text: bytes) -> list[Hit]:
        """Every secret in the text, in order of offset; a general rule gives way where a precise one matches."""
        ends: list[tuple[int, int]] = []
        self._database.scan(
            text, match_event_handler=lambda rule, _start, end, _flags, _: ends.append((rule, end))
        )
        if not ends:
            return []
        found: dict[tuple[int, int], Span] = {}
        covered: dict[int, int] = {}
        for index, end in ends:
            if end <= covered.get(index, 0):
                continue  # inside the last secret of the same rule: its variable part, reported at every length
            span = self._secret_at(index, text, end)
            if span is not None:
                found[index, span[0]] = span
                covered[index] = span[1]
        return self._hits(text, found)

    def _secret_at(self, index: int, text: bytes, end: int) -> Span | None:
        """The secret of this rule whose fast match ended here, if it is one."""
        rule = self._rules[index].rule
        before, after = rule.before, rule.after
        while True:
            low, high = max(0, end - before), min(len(text), end + after)
            span, cut = self._remembered((index, text[low:high], end - low, low == 0, high == len(text)))
            if not cut or high - low >= _WIDEST:
                return None if span is None else (low + span[0], low + span[1])
            before, after = before * 2, after * 2

    def _remembered(self, question: _Question) -> _Answer:
        """The same lines stand in thousands of versions of a file; most questions have been answered before."""
        answer = self._memo.get(question)
        if answer is None:
            self._memo_bytes += len(question[1])
            if self._memo_bytes > _MEMO_BYTES:
                self._memo.clear()
                self._memo_bytes = 0
            answer = self._memo[question] = self._confirmed(*question)
        return answer

    def _confirmed(self, index: int, window: bytes, end: int, first: bool, last: bool) -> _Answer:
        """The secret around `end`, if any, and whether the window is too small to tell."""
        compiled = self._rules[index]
        for match in compiled.confirm.finditer(window):
            if match.end() < end:
                continue
            if match.start() >= end:
                break
            # Only this one match may ask for a wider window: if any cut one could, a text that is nothing but
            # matches would have each of them looked at in the widest window there is.
            start, stop = match.span(1)
            cut = (not first and start < _CONTEXT) or (not last and stop == len(window))
            if _stands_alone(window, start, stop, compiled.edge) and _plausible(
                compiled.rule, match.group(1)
            ):
                return (start, stop), cut
            return None, cut
        return None, False

    def _hits(self, text: bytes, found: dict[tuple[int, int], Span]) -> list[Hit]:
        precise = [span for (index, _), span in found.items() if not self._rules[index].rule.generic]
        hits = []
        for (index, _), (start, stop) in sorted(found.items(), key=lambda item: item[1]):
            rule = self._rules[index].rule
            if rule.generic and any(
                start < other_stop and other_start < stop for other_start, other_stop in precise
            ):
                continue
            value = text[start:stop]
            if rule.normal_form:
                value = NORMAL_FORMS[rule.normal_form](value)
            hits.append(Hit(rule.id, start, stop, f"{rule.id}:{self._digest(value)}", _last4(value)))
        return hits


def _compiled(rule: Rule) -> _Compiled:
    options = re2.Options()
    options.max_mem = _RE2_MEMORY
    options.log_errors = False
    edge = re.compile(f"[{rule.edge}]".encode())
    return _Compiled(
        rule,
        re2.compile(rule.confirm.encode(), options),
        frozenset(byte for byte in range(256) if edge.match(bytes([byte]))),
    )


def _stands_alone(window: bytes, start: int, stop: int, edge: frozenset[int]) -> bool:
    if stop < len(window) and window[stop] in edge:
        return False
    if start == 0 or window[start - 1] not in edge or window[start - 1] == _ASSIGNS:
        return True
    return _ESCAPE.search(window[max(0, start - _CONTEXT) : start]) is not None


def _plausible(rule: Rule, value: bytes) -> bool:
    if rule.checksum:
        return CHECKSUMS[rule.checksum](value)
    return entropy(value) >= rule.entropy and not (rule.placeholders and made_up(value))


def _last4(value: bytes) -> str:
    ending = value[-4:]
    return ending.decode("ascii") if len(value) >= LAST4_FROM and _PRINTABLE.fullmatch(ending) else ""
