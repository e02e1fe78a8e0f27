"""Finds secrets in a text: one fast pass for all rules together, then an exact look at the few places it names.

The fast pass (Vectorscan) knows no groups and no look-around and reports only where a match ends; the exact one (RE2)
runs in linear time on a window around it. Neither can be made to take long by the text, which `re` could.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from keyhole.core.terms import LAST4_FROM
from keyhole.scanners.hits import About, Digest, Hit
from keyhole.scanners.kept import Kept
from keyhole.scanners.lazily import pattern
from keyhole.scanners.secrets import encoded
from keyhole.scanners.secrets.assigned import APART_FROM, CANDIDATES, SEEN, Assigned, Named
from keyhole.scanners.secrets.checks import CHECKSUMS, NORMAL_FORMS, entropy, made_up
from keyhole.scanners.secrets.compiled import Pattern, database
from keyhole.scanners.secrets.exact import Exact, edge, options
from keyhole.scanners.secrets.literals import required
from keyhole.scanners.secrets.rules import RANKS, Rule
from keyhole.scanners.secrets.sight import NUMBER_BITS, NUMBERS, Seen, Sight, noted
from keyhole.scanners.secrets.spans import Spans

_MEMO_BYTES = 32 << 20
_WIDEST = 64 << 10
_CONTEXT = 12  # bytes before a secret that tell an escape from a word
# `\nghp_...` and `\u003dghp_...` in a JSON string, `%3Dghp_...` in an address, `sqs://AKIA...`, a colour in a log:
# what stands before is no word.
_ESCAPE = pattern(
    rb"(?<!\\)\\(?:[nrtbf]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})$|%[0-9A-Fa-f]{2}$|://$"
    rb"|(?:\x1b|\\u001[bB]|\\x1[bB])\[[0-9;]*[A-Za-z]$"
)
_ASSIGNS = ord("=")  # ends base64, so it may not follow a secret; before one it only assigns
_PRINTABLE = pattern(rb"[!-~]{4}")
_ENCODED, _ENCODED_TWICE = "base64-encoded", "base64-encoded twice"
_ASSIGNMENT = 1 << 16  # what the fast pass calls a candidate that belongs to no rule alone
_APART = _ASSIGNMENT + APART_FROM
_WORD, _KUBERNETES = 0, 1  # signs that something is encoded: their numbers behind those of the rules
_SIGNS = 2
_WORDS = frozenset(
    case(word.encode())
    for word in ("password", "passwd", "secret", "token", "apikey", "api_key", "auth", "://")
    for case in (bytes.lower, bytes.upper, bytes.title)
)
_GZIP = b"H4sIA"  # RFC 1952: what every stream of gzip begins with, in base64

Span = tuple[int, int]
_Question = tuple[int, bytes, int, bool, bool]


class _Answer(NamedTuple):
    """What a window tells of the place that it was asked about."""

    secret: Span | None
    cut: bool = False
    """Whether the window is too small to tell."""
    to: int = 0
    """Where the match ends that was looked at: up to there, the answer is the same."""


_NOTHING = _Answer(None)


class _Compiled(NamedTuple):
    rule: Rule
    confirm: Exact


class Engine:
    """All rules, compiled. Not for several threads at once."""

    def __init__(
        self, rules: Sequence[Rule], digest: Digest, kept: Kept | None = None, code: str = ""
    ) -> None:
        """What is `kept` of another `code` is not used."""
        self._digest = digest
        self._rules = [_compiled(rule) for rule in rules]
        self._named = {rule.id: rule for rule in rules}
        self._generic = frozenset(rule.id for rule in rules if rule.generic or rule.judge)
        self._assigned = Assigned(
            [_named(index, each) for index, each in enumerate(self._rules) if each.rule.near],
            {rule.id: index for index, rule in enumerate(rules) if rule.judge},
            options(),
        )
        made, reach = database(
            [rule.scan or f"near {rule.near}" for rule in rules], lambda: _patterns(rules), kept, code
        )
        self._sight = Sight(made, reach, range(len(rules), len(rules) + _SIGNS))
        self._memo: dict[_Question, _Answer] = {}
        self._memo_bytes = 0
        self._left_out: Counter[str] = Counter()

    def about(self, rule: str) -> About:
        """What to say about a finding of this rule."""
        return self._named[rule].about()

    def get_ready(self, idle: Callable[[], bool]) -> None:
        """See `keyhole.scanners.interface.GetsReady`."""
        for get_ready in (self._assigned.get_ready, *(each.confirm.get_ready for each in self._rules)):
            if not idle():
                return
            get_ready()

    def left_out(self) -> Mapping[str, int]:
        """See `keyhole.scanners.interface.LeavesOut`."""
        counts, self._left_out = self._left_out, Counter()
        return counts

    def examine(self, text: bytes) -> list[Hit]:
        """Every secret in the text, in order of offset; a general rule gives way where a precise one matches."""
        return self._whole(text, self._sight.of(text))

    def follow(self, text: bytes, before: Seen | None, difference: bytes) -> tuple[list[Hit], Seen | None]:
        """The same, and what to know of this text when one is examined that differs from it. See `Follower`."""
        seen = self._sight.following(text, before, difference)
        return self._whole(text, seen), noted(seen)

    def _whole(self, text: bytes, seen: Seen) -> list[Hit]:
        return self._examined(text, seen, encoded.DEPTH, encoded.Inflater()) if seen else []

    def _examined(self, text: bytes, seen: Seen, depth: int, inflater: encoded.Inflater) -> list[Hit]:
        found: dict[tuple[int, int], Span] = {}
        covered: dict[int, int] = {}
        signs: set[int] = set()
        last = -1
        for match in seen:
            index, end = match & NUMBERS, match >> NUMBER_BITS
            if index >= _ASSIGNMENT:
                at = end - SEEN[index - _ASSIGNMENT]
                if index >= _APART:
                    secrets = self._assigned.secrets_apart(text, at)
                elif at == last:
                    continue  # both patterns may find the same value
                else:
                    last = at
                    secrets = self._assigned.secrets(text, at)
                for named, start, stop in secrets:
                    found[named, start] = (start, stop)
                continue
            if end <= covered.get(index, 0):
                continue  # inside the last match of the same rule: its variable part, reported at every length
            if index >= len(self._rules):
                signs.add(index)
                continue
            span, covered[index] = self._secret_at(index, text, end)
            if span is not None:
                found[index, span[0]] = span
        hits = self._hits(text, found) if found else []
        if not signs or not depth:
            return hits
        values = len(self._rules) + _KUBERNETES in signs
        return self._with_encoded(hits, encoded.stretches(text, values, inflater), depth, inflater)

    def _with_encoded(
        self, plain: list[Hit], stretches: Iterable[encoded.Stretch], depth: int, inflater: encoded.Inflater
    ) -> list[Hit]:
        """The hits, and those in what is encoded; the general ones among the former give way to the latter."""
        precise = Spans((hit.start, hit.end) for hit in plain if hit.rule not in self._generic)
        inside: dict[tuple[str, int], Hit] = {}
        for stretch in stretches:
            if precise.touch(stretch.start, stretch.end):
                continue  # a secret that is base64 as it is
            if stretch.cut:
                self._left_out[encoded.CUT] += 1
            for hit in self._examined(stretch.text, self._sight.of(stretch.text), depth - 1, inflater):
                if hit.start >= stretch.context:
                    start, end = stretch.where(hit.start, hit.end)
                    note = _ENCODED_TWICE if hit.note else _ENCODED
                    inside[hit.rule, start] = hit._replace(start=start, end=end, note=note)
        taken = Spans((hit.start, hit.end) for hit in inside.values())
        left = [hit for hit in plain if hit.rule not in self._generic or not taken.touch(hit.start, hit.end)]
        return sorted([*left, *inside.values()], key=lambda hit: (hit.start, hit.end))

    def _secret_at(self, index: int, text: bytes, end: int) -> tuple[Span | None, int]:
        """The secret of this rule whose fast match ended here, if it is one, and up to where that is the answer."""
        rule = self._rules[index].rule
        before, after = rule.before, rule.after
        while True:
            low, high = max(0, end - before), min(len(text), end + after)
            secret, cut, to = self._remembered(
                (index, text[low:high], end - low, low == 0, high == len(text))
            )
            if not cut or high - low >= _WIDEST:
                return None if secret is None else (low + secret[0], low + secret[1]), low + to
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
        """What is around `end`."""
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
            if _stands_alone(window, start, stop, edge(compiled.rule.edge)) and _plausible(
                compiled.rule, match.group(1)
            ):
                return _Answer((start, stop), cut, stop)
            return _Answer(None, cut, match.end())
        return _NOTHING

    def _hits(self, text: bytes, found: dict[tuple[int, int], Span]) -> list[Hit]:
        better = [
            Spans(span for (index, _), span in found.items() if self._rules[index].rule.rank < rank)
            for rank in range(RANKS)
        ]
        hits = []
        for (index, _), (start, stop) in sorted(found.items(), key=lambda item: item[1]):
            rule = self._rules[index].rule
            if better[rule.rank].touch(start, stop):
                continue
            value = text[start:stop]
            if rule.normal_form:
                value = NORMAL_FORMS[rule.normal_form](value)
            hits.append(Hit(rule.id, start, stop, f"{rule.id}:{self._digest(value)}", _last4(value)))
        return hits


def _patterns(rules: Sequence[Rule]) -> list[Pattern]:
    """The rules by their numbers, then the signs that something is encoded, of which one is as good as many."""
    words = _WORDS.union(*(required(rule.scan or f"(?i:{rule.near})") for rule in rules))
    wide = frozenset(word.decode().encode("utf-16-le") for word in _WORDS)
    spellings = [*encoded.spellings(words | wide), _GZIP]
    signs = [(_WORD, spelling) for spelling in spellings] + [(_KUBERNETES, encoded.KUBERNETES)]
    return [
        *(Pattern(number, rule.scan.encode(), once=False) for number, rule in enumerate(rules) if rule.scan),
        *(Pattern(_ASSIGNMENT + number, each.encode(), once=False) for number, each in enumerate(CANDIDATES)),
        *(Pattern(len(rules) + number, sign, once=True) for number, sign in signs),
    ]


def _named(index: int, compiled: _Compiled) -> Named:
    def accepts(line: bytes, start: int, stop: int, cut: bool) -> bool:
        if cut and stop == len(line):
            return False
        rule = compiled.rule
        return _stands_alone(line, start, stop, edge(rule.edge)) and _plausible(rule, line[start:stop])

    return Named(index, compiled.rule.near, compiled.confirm, accepts)


def _compiled(rule: Rule) -> _Compiled:
    return _Compiled(rule, Exact(rule.confirm, rule.begins))


def _stands_alone(window: bytes, start: int, stop: int, touching: frozenset[int]) -> bool:
    if stop < len(window) and window[stop] in touching:
        return False
    if start == 0 or window[start - 1] not in touching or window[start - 1] == _ASSIGNS:
        return True
    return _ESCAPE.search(window[max(0, start - _CONTEXT) : start]) is not None


def _plausible(rule: Rule, value: bytes) -> bool:
    if rule.checksum:
        return CHECKSUMS[rule.checksum](value)
    return entropy(value) >= rule.entropy and not (rule.placeholders and made_up(value))


def _last4(value: bytes) -> str:
    ending = value[-4:]
    return ending.decode("ascii") if len(value) >= LAST4_FROM and _PRINTABLE.fullmatch(ending) else ""
