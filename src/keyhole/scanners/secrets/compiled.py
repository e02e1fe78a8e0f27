"""The patterns of all rules as one database for Vectorscan, compiled once per set of rules and kept.

A database is code to the library that loads it, so only one with the seal of this installation is loaded, and the
process that writes it has not looked at any repository yet.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import hyperscan

from keyhole.scanners.kept import Kept
from keyhole.scanners.secrets.syntax import tree_of

_PREFIX = "patterns-"
_SETS_KEPT = 4
_REACH_BYTES = 4
NO_END = 1 << 16
"""How far a match may reach that may reach anywhere."""


class Pattern(NamedTuple):
    """One of the patterns that are looked for together."""

    number: int
    """What a match is called. Several patterns may share it."""
    expression: bytes
    once: bool
    """Whether one match in a text is as good as many."""


def database(
    rules: Sequence[str], patterns: Callable[[], list[Pattern]], kept: Kept | None, code: str = ""
) -> tuple[hyperscan.Database, int]:
    """A database of the patterns that are made from these rules; from what was kept if there is that.

    `patterns` is called only where there is not: making them takes as long as many a scan. The number is how many
    bytes a match may have; see `reach_of`. `code` is a digest of the code that makes patterns of rules: it changes what
    is looked for as they do.
    """
    name = _PREFIX + _digest(rules, code)
    if kept is not None:
        found = kept.read(name)
        loaded = _loaded(found) if found is not None else None
        if loaded is not None:
            return loaded
    wanted = patterns()
    made, reach = _compiled(wanted), reach_of(wanted)
    if kept is not None and kept.write(name, reach.to_bytes(_REACH_BYTES, "big") + hyperscan.dumpb(made)):
        kept.only(_PREFIX, _SETS_KEPT)
    return made, reach


def reach_of(patterns: Iterable[Pattern]) -> int:
    """How many bytes a match of the patterns may have: NO_END if one has no end, or if Python cannot read it."""
    try:
        widths = (int(tree_of(each.expression.decode("latin-1")).getwidth()[1]) for each in patterns)
        return min(max(widths, default=0), NO_END)
    except (re.error, OverflowError, RecursionError):
        return NO_END


def _compiled(patterns: Sequence[Pattern]) -> hyperscan.Database:
    made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    made.compile(
        expressions=[pattern.expression for pattern in patterns],
        ids=[pattern.number for pattern in patterns],
        elements=len(patterns),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH if pattern.once else 0 for pattern in patterns],
    )
    return made


def _loaded(content: bytes) -> tuple[hyperscan.Database, int] | None:
    try:
        loaded = hyperscan.loadb(content[_REACH_BYTES:], hyperscan.HS_MODE_BLOCK)
        loaded.scratch = hyperscan.Scratch(loaded)
    except hyperscan.HyperscanError:
        return None  # of another processor or version of the library
    return loaded, int.from_bytes(content[:_REACH_BYTES], "big")


def _digest(rules: Sequence[str], code: str) -> str:
    release: str = hyperscan.__version__  # type: ignore[attr-defined]  # its stub forgets it
    digest = hashlib.sha256(f"{release}\n{code}\n{len(rules)}\n".encode())
    for rule in rules:
        digest.update(len(rule.encode()).to_bytes(4, "big") + rule.encode())
    return digest.hexdigest()[:32]
