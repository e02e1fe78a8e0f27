"""SARIF that Keyhole itself wrote, here or elsewhere: what comes back is what was found, and no other finding.

A result of ours carries the finding's fingerprint, and its rule names the scanner: together they give the finding's id
again. One that is known is taken as it is known. One that is not, because another Keyhole or one with another HMAC
secret found it, is taken from the file, with its fingerprint, so that a secret is merged with what a scan finds later.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from keyhole.core.finding import Finding
from keyhole.core.reach import IMPORTED
from keyhole.core.terms import finding_id
from keyhole.scanners.registry import all_scanners
from keyhole.scans.sarif_nodes import Node

Known = Callable[[Collection[str]], Mapping[str, Finding]]
"""The findings of the repository among those with these ids, as they are known."""
DRIVER = "Keyhole"
_PRINT = "keyholeFingerprint/v1"
_FINGERPRINT = re.compile(r"[a-z0-9-]{1,100}:[0-9a-f]{32}")
_MOST_TAGS, _MOST_SCANNERS = 10, 2
"""Each of the latter is looked up, for each of thousands of results; a rule that we wrote has one."""


@dataclass(frozen=True, slots=True)
class Own:
    """What a result of ours says of the finding that it was."""

    fingerprint: str
    scanners: tuple[str, ...]
    """Which of the rule's tags is the scanner is not said: those that can be."""

    @property
    def ids(self) -> tuple[str, ...]:
        """What its id may be."""
        return tuple(finding_id(name, self.fingerprint) for name in self.scanners)


def own(result: Node, tags: object) -> Own | None:
    """What a result of a run of ours says; None if it says nothing of the kind."""
    told = result.child("partialFingerprints").value.get(_PRINT)
    if not isinstance(told, str) or not _FINGERPRINT.fullmatch(told) or not isinstance(tags, list):
        return None
    named = [tag for tag in tags[:_MOST_TAGS] if isinstance(tag, str) and _names_scanner(tag)]
    return Own(told, tuple(dict.fromkeys(named))[:_MOST_SCANNERS])


def _names_scanner(tag: str) -> bool:
    return len(tag) <= 64 and (tag.startswith(IMPORTED) or tag in all_scanners())


def recognised(
    findings: Iterable[Finding], owned: Mapping[str, Own], known: Known
) -> tuple[list[Finding], int]:
    """The findings, those that are known in the place of what the file says of them, and how many these are.

    `owned`: by the fingerprint that the finding was given from the file.
    """
    there = known({number for each in owned.values() for number in each.ids}) if owned else {}
    taken: dict[str, Finding] = {}
    number = 0
    for finding in findings:
        mine = owned.get(finding.fingerprint)
        found = next((there[each] for each in mine.ids if each in there), None) if mine else None
        number += found is not None
        if mine is not None and found is None:
            found = dataclasses.replace(
                finding, fingerprint=mine.fingerprint, id=finding_id(finding.scanner, mine.fingerprint)
            )
        each = found or finding
        taken.setdefault(each.id, each)
    return list(taken.values()), number


def nothing(_ids: Collection[str]) -> Mapping[str, Finding]:
    """For a file by itself: nothing is known."""
    return {}
