"""The commits that joined a history since it was remembered, and those that left it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from keyhole.scanners.attribution import Commits, tips_of
from keyhole.scanners.gitpipe import Git, feeding
from keyhole.scanners.graph import TOLD, Graph
from keyhole.scanners.memory.ids import Ids
from keyhole.scanners.memory.memory import Memory
from keyhole.scanners.spawned import Spawned

if TYPE_CHECKING:
    from keyhole.scanners.packs.index import Numbers


class Joined(NamedTuple):
    """What has become of a history that is remembered."""

    commits: Commits
    """Those that joined it."""
    stay: tuple[Ids, Numbers]
    """Those that were there before and still are, with the seconds that their place in the order is made of."""
    less: bool
    """Whether a commit left, or a tag with its text, and with it what only that led to."""


def joined_since(git: Git, memory: Memory) -> Joined | None:
    """None if a commit left it that something was first in, or git does not know."""
    tips, whole = tips_of(git)
    before, now = set(memory.tips), {tip.encode() for tip in git.tips} or set(tips)
    moved = _moved(git, before, now)
    if not whole or moved is None:
        return None
    left, joined = moved
    graph = Graph()
    added = graph.take_listed(joined)
    gone = {line.rstrip()[7:] for line in left if line.startswith(b"commit ")}
    if any(place.commit.encode() in gone for paths in memory.places.values() for place in paths.values()):
        return None
    parents = sorted(
        {parent for each in added for parent in graph.commits[each].parents} - graph.commits.keys()
    )
    where = memory.commits.places(parents)
    if -1 in where:
        return None
    known = {parent: int(memory.seconds[place]) for parent, place in zip(parents, where, strict=True)}
    seconds, missing = graph.reached(added, known)
    if missing:
        return None
    commits = Commits(tips, graph, {each: seconds[each] for each in added}, whole=True)
    less = bool(gone) or not all(tip in memory.commits for tip in before - now)
    return Joined(commits, _staying(memory, gone), less)


def _staying(memory: Memory, gone: set[bytes]) -> tuple[Ids, Numbers]:
    """The commits that are remembered, but for those that are gone."""
    if not gone:
        return memory.commits, memory.seconds
    stays = ~Ids.of_names(*gone).has(memory.commits.rows)
    return Ids.of(memory.commits.rows[stays]), memory.seconds[stays]


def _moved(git: Git, before: set[bytes], now: set[bytes]) -> tuple[list[bytes], list[bytes]] | None:
    """What git lists of the commits that left history, and of those that joined it; None if it cannot."""
    with ExitStack() as stack:
        # Both are started before one is waited for.
        left = _listing(git, stack, before - now, now)
        joined = _listing(git, stack, now - before, before)
        listed = _lines_of(left), _lines_of(joined)
    return None if listed[0] is None or listed[1] is None else (listed[0], listed[1])


def _listing(git: Git, stack: ExitStack, from_: set[bytes], without: set[bytes]) -> Spawned | None:
    """Lists the commits that lead from these and not from those; None if there are none of these."""
    if not from_:
        return None
    lines = [each + b"\n" for each in sorted(from_)] + [b"^" + each + b"\n" for each in sorted(without)]
    listing = stack.enter_context(git.start("rev-list", TOLD, "--stdin", fed=True))
    stack.enter_context(feeding(listing, lines))
    return listing


def _lines_of(listing: Spawned | None) -> list[bytes] | None:
    """What it lists; None if it fails."""
    if listing is None:
        return []
    lines = list(listing.stdout)
    return lines if listing.wait() == 0 else None
