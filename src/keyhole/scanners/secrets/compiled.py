"""The patterns of all rules as one database for Vectorscan, compiled once per set of rules and kept.

A database is code to the library that loads it, so only one with the seal of this installation is loaded, and the
process that writes it has not looked at any repository yet.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import hyperscan

from keyhole.scanners.kept import Kept

_PREFIX = "patterns-"
_SETS_KEPT = 4


class Pattern(NamedTuple):
    """One of the patterns that are looked for together."""

    number: int
    """What a match is called. Several patterns may share it."""
    expression: bytes
    once: bool
    """Whether one match in a text is as good as many."""


def database(
    rules: Sequence[str], patterns: Callable[[], list[Pattern]], kept: Kept | None
) -> hyperscan.Database:
    """A database of the patterns that are made from these rules; from what was kept if there is that.

    `patterns` is called only where there is not: making them takes as long as many a scan.
    """
    name = _PREFIX + _digest(rules)
    if kept is not None:
        found = kept.read(name)
        loaded = _loaded(found) if found is not None else None
        if loaded is not None:
            return loaded
    made = _compiled(patterns())
    if kept is not None and kept.write(name, hyperscan.dumpb(made)):
        kept.only(_PREFIX, _SETS_KEPT)
    return made


def _compiled(patterns: Sequence[Pattern]) -> hyperscan.Database:
    made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    made.compile(
        expressions=[pattern.expression for pattern in patterns],
        ids=[pattern.number for pattern in patterns],
        elements=len(patterns),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH if pattern.once else 0 for pattern in patterns],
    )
    return made


def _loaded(content: bytes) -> hyperscan.Database | None:
    try:
        loaded = hyperscan.loadb(content, hyperscan.HS_MODE_BLOCK)
        loaded.scratch = hyperscan.Scratch(loaded)
    except hyperscan.HyperscanError:
        return None  # of another processor or version of the library
    return loaded


def _digest(rules: Sequence[str]) -> str:
    release: str = hyperscan.__version__  # type: ignore[attr-defined]  # its stub forgets it
    digest = hashlib.sha256(f"{release}\n{_code()}\n{len(rules)}\n".encode())
    for rule in rules:
        digest.update(len(rule.encode()).to_bytes(4, "big") + rule.encode())
    return digest.hexdigest()[:32]


@functools.cache
def _code() -> str:
    """A digest of the code that makes patterns of rules: it changes what is looked for as rules do."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
