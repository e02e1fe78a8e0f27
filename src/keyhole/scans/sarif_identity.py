"""What makes a result of a SARIF file the same finding in the next file.

It is its rule with what the tool says makes it the same (`fingerprints`; `partialFingerprints` only together with the
file), else with its file and message. Where a file itself shows that this does not tell its results apart, more is
taken: a finding that is told twice is noise, and one that is taken for another is lost.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from keyhole.core.terms import Severity
from keyhole.scanners.assessment import Issue
from keyhole.scanners.hits import About
from keyhole.scans.sarif_nodes import Node
from keyhole.scans.sarif_own import Own
from keyhole.scans.sarif_rules import Named

_NOT_TOLD = "requires login"
"""What semgrep writes as the fingerprint of every result where nobody has signed in to its service."""
_SEVERITIES = list(Severity)

Spot = tuple[int, int]
"""Where in its file a result begins."""


class _Turn(NamedTuple):
    """What makes results with the same basis the same after all."""

    basis: bytes
    spot: Spot
    message: bytes
    again: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A result, as far as it is taken."""

    named: Named
    rule: str
    """Its rule's id as findings write it."""
    about: About
    places: list[tuple[bytes, int]]
    """Paths and lines, the first of them the one that counts; at least one."""
    spot: Spot
    message: bytes
    whole: bytes
    """What the tool says makes it the same, whatever its file is called; empty if it does not."""
    partial: bytes
    """What it says makes it the same in its file; empty if it does not."""
    own: Own | None

    @property
    def path(self) -> bytes:
        """The file that counts."""
        return self.places[0][0]


def rule_name(raw: str) -> str:
    """The id of a rule as findings write it."""
    name = "-".join(re.findall(r"[a-z0-9]+", raw.lower()))[:90].strip("-")
    return name or f"rule-{hashlib.sha256(raw.encode('utf-8', 'replace')).hexdigest()[:12]}"


def fingerprints(result: Node) -> tuple[bytes, bytes]:
    """What the tool says makes a result the same: by itself, and together with its file. At most one is not empty."""
    named, partial = result.child("fingerprints").value, result.child("partialFingerprints").value
    whole = {key: told for key, told in named.items() if told is not None and told != _NOT_TOLD}
    chosen = whole or {key: told for key, told in partial.items() if told is not None}
    if not all(isinstance(each, str | dict) for each in chosen.values()):
        raise result.wrong("partialFingerprints", "holds something else than texts")
    told = "\0".join(f"{key}={_text(chosen[key])}" for key in sorted(chosen)).encode("utf-8", "replace")
    return (told, b"") if whole else (b"", told)


def _text(told: object) -> str:
    """Black Duck writes objects where texts belong."""
    return told if isinstance(told, str) else json.dumps(told, sort_keys=True)


class Identities:
    """Knows all results of one scanner in a file, and so what tells them apart."""

    def __init__(self, runs: Sequence[Sequence[Taken]], ids: Iterable[tuple[str, str]]) -> None:
        """`ids` are those of all rules that the tool has, whether they found something or not: see `Rules.ids`."""
        self._runs = runs
        self._ids: defaultdict[str, set[str]] = defaultdict(set)
        self._components: defaultdict[str, set[str]] = defaultdict(set)
        for component, name in ids:
            self._ids[rule_name(name)].add(name)
            self._components[name].add(component)
        for one in self._all():
            self._ids[one.rule].add(one.named.name)
            self._components[one.named.name].add(one.named.component)
        self._paths: defaultdict[tuple[bytes, bytes], set[bytes]] = defaultdict(set)
        for one in self._all():
            self._paths[self._rule(one), one.whole].add(one.path)

    def issues(self) -> Iterator[tuple[Taken, list[Issue]]]:
        """Each result and its places, in the order of the file. Those of one identity say the worst of them."""
        told = list(self._told())
        worst: dict[tuple[str, bytes], About] = {}
        for one, identity in told:
            known = worst.setdefault((one.rule, identity), one.about)
            if _SEVERITIES.index(one.about.severity) < _SEVERITIES.index(known.severity):
                worst[one.rule, identity] = one.about
        for one, identity in told:
            about = worst[one.rule, identity]
            yield one, [Issue(one.rule, identity, path, line, about) for path, line in one.places]

    def _told(self) -> Iterator[tuple[Taken, bytes]]:
        turns: dict[_Turn, int] = {}
        number: Counter[bytes] = Counter()
        for run in self._runs:
            again: Counter[tuple[bytes, Spot]] = Counter()
            for one in run:
                basis = self._basis(one)
                turn = 0
                if one.own is None:
                    # What says the same of the same place is one; without fingerprints, only if another run says it.
                    printed = one.whole or one.partial
                    key = _Turn(basis, one.spot, one.message, 0 if printed else again[basis, one.spot])
                    again[basis, one.spot] += 1
                    number[basis] += key not in turns
                    turn = turns.setdefault(key, number[basis] - 1)
                yield one, basis + b"\0%d" % turn

    def _basis(self, one: Taken) -> bytes:
        rule = self._rule(one)
        if one.whole:
            # Many tools write nothing but a digest of the line: in another file it is another matter, and what is
            # decided about one of them holds for that one.
            spread = len(self._paths[rule, one.whole]) > 1
            return b"\0".join((rule, one.path, one.whole, b"") if spread else (rule, one.whole, b""))
        if one.partial:
            return b"\0".join((rule, one.path, one.partial, b""))
        return b"\0".join((rule, one.path, one.message))

    def _rule(self, one: Taken) -> bytes:
        """The rule's name, with what tells it from rules of the same name: other ids, or parts of the tool."""
        raw = [one.named.name] if len(self._ids[one.rule]) > 1 else []
        if len(self._components[one.named.name]) > 1:
            raw = [one.named.component, one.named.name]
        told = [hashlib.sha256("\0".join(raw).encode("utf-8", "replace")).hexdigest()] if raw else []
        return "\0".join([one.rule, *told]).encode()

    def _all(self) -> Iterator[Taken]:
        for run in self._runs:
            yield from run
