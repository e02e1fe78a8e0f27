"""What scanners can find. That nothing was found says something only where somebody looked for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from keyhole.core.terms import Kind  # who starts a scan waits for no more than is needed

IMPORTED = "sarif-"
"""What the names of scanners begin with whose results were imported: none of ours, so none that can be run."""


class Reach(NamedTuple):
    """What a scanner can find."""

    kinds: frozenset[Kind]
    packages: bool = False
    """Whether it lists the packages that the files name, with their licences."""


def not_looked_for(
    kinds: Iterable[Kind], reach: Mapping[str, Reach], by: Collection[str]
) -> dict[Kind, list[str]]:
    """Those of these kinds that none of the scanners `by` finds, each with the scanners that would."""
    return {
        kind: [name for name, each in reach.items() if kind in each.kinds]
        for kind in kinds
        if not any(kind in reach[name].kinds for name in by if name in reach)
    }


def scanned_by(ran: Collection[str]) -> str:
    """By which scanners it was, in words."""
    return f"it was scanned by {' and '.join(ran)} alone" if ran else "it is not known what it was scanned by"


def command_of(groups: Iterable[Sequence[str]]) -> str:
    """How to scan with one of each."""
    return f"keyhole scan{''.join(f' -s {each[0]}' for each in groups)}"


def in_words(groups: Iterable[Sequence[str]]) -> str:
    """One of each, in words: what may be replaced by another comes last."""
    ours = sorted(groups, key=len)
    return " and ".join(f"one of {', '.join(each)}" if len(each) > 1 else each[0] for each in ours)


def scan_too(ran: Iterable[str], wanted: Collection[Sequence[str]]) -> str:
    """How to scan with these as well: with one of each. Sentences."""
    ours = [each for each in dict.fromkeys(map(tuple, wanted)) if each and not each[0].startswith(IMPORTED)]
    said = []
    if ours:
        both = [*((name,) for name in ran if not name.startswith(IMPORTED)), *sorted(ours, key=len)]
        said.append(f"Scan with {in_words(ours)}, too ({command_of(both)}).")
    if any(each and each[0].startswith(IMPORTED) for each in wanted):
        said.append("Results that are imported make a scan of their own: give them a policy of their own.")
    return " ".join(said)
