"""Which commit and path first had an object: one pass over history.

Parents come before their children, so that the first time an object is seen at a path is where it was introduced.
Merges are compared with all their parents at once: a path shows up only if the merge itself made it, which is how
a secret that exists in no ordinary commit is still found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from keyhole.scanners.forked import processors
from keyhole.scanners.gitpipe import Git, feeding
from keyhole.scanners.graph import LAST, TOLD, Graph, Order, in_order
from keyhole.scanners.history import History, LeftOut, by_commits, by_trees, trees_fit
from keyhole.scanners.introduction import Introduction, date_of, shown_path
from keyhole.scanners.limits import Limits
from keyhole.scanners.named import MOST_SOUGHT
from keyhole.scanners.objects import DAMAGED, OutOfTime, Tick, Trouble, list_objects
from keyhole.scanners.treewalk import first_places

if TYPE_CHECKING:
    from keyhole.scanners.memory.ids import Ids

PATHS_PER_OBJECT = 100
"""How many paths of one object are kept; the first ones in history."""
PATIENCE = 2.5
"""Seconds that git may say nothing while it compares commits. The largest real ones take less than one."""
_NO_FILE = frozenset({b"000000", b"160000"})
"""Modes of what is not an object of this repository: a path that went, a submodule's commit."""
_NEW_ID = slice(56, 96)
"""Where a change of one file against one parent has its new id of 40 digits. No other line has a whole id there."""
_DAMAGED_HISTORY = "history is damaged: not every place of each finding is named"
_MOST_PATHS_HELD = 4 * PATHS_PER_OBJECT
_SIMPLE_ESCAPES = {
    ord("a"): 7,
    ord("b"): 8,
    ord("t"): 9,
    ord("n"): 10,
    ord("v"): 11,
    ord("f"): 12,
    ord("r"): 13,
    ord('"'): 34,
    ord("\\"): 92,
}


Places = dict[bytes, dict[bytes, Introduction]]
"""For each object, by the path as git has it."""


class Sought(NamedTuple):
    """What is looked for."""

    objects: frozenset[bytes]
    """Hexadecimal ids."""
    stored: Callable[[], Ids] | None = None
    """Tells the ids of all files and messages that there are: a file of a commit that is none of them is trouble, also
    when nothing was found. None where that has been looked at already. Called while git is at work."""
    before: Places = MappingProxyType({})  # type: ignore[assignment]
    """What is known from commits before these."""
    named: frozenset[bytes] = frozenset()
    """Others that only a note is about: it is no trouble if one of them has no place."""


@dataclass(slots=True)
class _Walk:
    wanted: frozenset[bytes]
    found: Places
    commits: Commits
    known: Ids | None = None
    missing: int = 0
    lost: set[bytes] = field(default_factory=set)
    """The first of what is missing."""


class Commits:
    """The commits whose changes are looked at, in order."""

    def __init__(
        self, tips: Sequence[bytes], graph: Graph, seconds: dict[bytes, int], *, whole: bool
    ) -> None:
        self.whole = whole
        """Whether these are all there should be."""
        self.tips = tips
        """Where the history begins that they belong to."""
        self.graph = graph
        self.seconds = seconds
        """Every commit, with the seconds that its place in the order is made of."""
        self.ordered: Sequence[bytes] = in_order(seconds)
        self.begun: History | None = None
        """What git says of them, where it was asked for that before anybody listens."""

    def order(self, commit: bytes) -> Order:
        """The place of a commit."""
        return self.seconds[commit], commit.decode("ascii")

    def introduction(self, commit: bytes, path: bytes) -> Introduction:
        """What is said of an object that this commit was the first to have there."""
        order = self.order(commit)
        return Introduction(order, order[1], date_of(self.graph.commits[commit].authored), shown_path(path))


def all_commits(git: Git, graph: Graph, trouble: Trouble) -> Commits:
    """Every commit that a ref, or the tips of the scan, lead to. `graph` has those that were read."""
    tips, whole = tips_of(git)
    seconds, missing = graph.reached(tips)
    listed = whole or _noted_broken(git, trouble)
    if missing:
        # Not everything was read, or git knows that there is no more (a shallow clone): it has to say which there are.
        with git.start("rev-list", TOLD, *git.from_) as listing:
            graph.take_listed(listing.stdout)
            listed = listing.wait() == 0 and listed
        seconds, missing = graph.reached(tips)
    if missing:
        trouble.note(DAMAGED, len(missing), missing)
    if not listed:
        trouble.note(_DAMAGED_HISTORY)
    return Commits(tips, graph, seconds, whole=whole and listed and not missing)


def _noted_broken(git: Git, trouble: Trouble) -> bool:
    """Whether refs lead nowhere, which takes nothing from what the others lead to."""
    from keyhole.scanners.broken import REASON, broken_refs  # noqa: PLC0415  # hardly any repository has one

    broken = broken_refs(git)
    if broken:
        trouble.note(REASON, len(broken), broken)
    return bool(broken)


def commits_read(git: Git, graph: Graph) -> Commits | None:
    """The same as `all_commits`, if all of them have been read already; else None."""
    tips, whole = tips_of(git)
    seconds, missing = graph.reached(tips)
    return None if missing or not whole else Commits(tips, graph, seconds, whole=True)


def tips_of(git: Git) -> tuple[list[bytes], bool]:
    """The commits where history begins, and whether that is all of them."""
    tips, whole = _begun(git, git.tips or ("--all",))
    return (tips, True) if whole else (_begun(git, git.from_)[0], False)


def _begun(git: Git, from_: Iterable[str]) -> tuple[list[bytes], bool]:
    with git.start("rev-list", "--no-walk=unsorted", *from_) as listing:
        tips = [line.strip() for line in listing.stdout]
        return tips, listing.wait() == 0


def introductions(
    git: Git, commits: Commits, sought: Sought, limits: Limits, trouble: Trouble, tick: Tick
) -> Places:
    """For every object that a ref reaches, its paths with the commit that introduced each.

    Where history proves too wide to compare, every object gets one commit and one path. One that no commit leads to
    (a tag can name a file directly) gets the path git names for it and no commit.
    """
    found: Places = {object_id: dict(paths) for object_id, paths in sought.before.items()}
    whole = False
    try:
        walk = _Walk(sought.objects | sought.named, found, commits)
        whole = _walk(git, walk, sought, limits, trouble, tick)
        for commit in sought.objects & commits.seconds.keys():  # the finding is in its message
            found[commit] = {b"": commits.introduction(commit, b"commit message")}
    except OutOfTime:
        if sought.objects or sought.stored is not None:
            trouble.note("out of time: not every finding has its commit")
    without = sought.objects - found.keys()
    if without:
        _name_without_commit(git, commits.tips if whole and commits.whole else (), found, without)
    return {object_id: _oldest(paths) for object_id, paths in found.items()}


def in_history(places: Places) -> dict[bytes, list[Introduction]]:
    """For each object its paths, oldest first."""
    return {object_id: sorted(paths.values()) for object_id, paths in places.items()}


def _oldest(paths: dict[bytes, Introduction]) -> dict[bytes, Introduction]:
    if len(paths) <= PATHS_PER_OBJECT:
        return paths
    return dict(sorted(paths.items(), key=lambda item: (item[1].order, item[0]))[:PATHS_PER_OBJECT])


def _walk(
    git: Git,
    walk: _Walk,
    sought: Sought,
    limits: Limits,
    trouble: Trouble,
    tick: Tick,
) -> bool:
    """Whether every change was looked at."""
    if not walk.wanted and sought.stored is None:
        return True
    problem = _DAMAGED_HISTORY
    for each in _ways_to_ask(git, walk.commits):
        if problem != _DAMAGED_HISTORY:
            break
        walk.missing = 0
        walk.lost.clear()
        with each as history:
            if walk.known is None and sought.stored is not None:
                walk.known = sought.stored()
            problem = _compared(history, walk, limits, tick)
    if walk.missing:
        trouble.note(DAMAGED, walk.missing, walk.lost)
    if not problem:
        return True
    if sought.objects:
        trouble.note(problem)
        for object_id, seen in first_places(git, set(walk.wanted - walk.found.keys()), tick):
            commit = seen.commit.encode()
            order = walk.commits.order(commit) if commit in walk.commits.seconds else LAST
            walk.found[object_id] = {
                seen.path: Introduction(order, seen.commit, date_of(seen.seconds), shown_path(seen.path))
            }
    if walk.known is not None:
        # What was compared does not tell whether all is there, so git walks it, which ends whatever its width.
        list_objects(git, limits, trouble, tick)
    return False


def _ways_to_ask(git: Git, commits: Commits) -> Iterator[History]:
    """One after the other, where git did not answer: by trees it may have had no memory for them."""
    if commits.begun is not None:
        yield commits.begun
        return
    if trees_fit(git, commits.graph, commits.ordered, processors()):
        yield History(git, commits.ordered, partial(by_trees, commits.graph), processors())
    yield History(git, commits.ordered, by_commits, processors())


def _compared(history: History, walk: _Walk, limits: Limits, tick: Tick) -> str:
    """Looks at all changes; the reason, for people, if that could not be done to the end."""
    count = 0
    at: dict[int, bytes] = {}
    try:
        for process, lines in history.lines(PATIENCE):
            count += len(lines)
            if count > limits.history_lines:
                break
            commit = at.get(process, b"")
            for line in _worth_a_look(walk, lines):
                if line[:1] == b":":
                    _note_change(walk, commit, line)
                elif line:
                    commit = history.commit(process, line)
            at[process] = commit
            tick(count, 0)
        else:
            return "" if history.whole else _DAMAGED_HISTORY
    except LeftOut:
        return _DAMAGED_HISTORY
    except TimeoutError:
        pass  # git is busy with a commit that has no end: the same as too many lines
    return "history is too wide: not every place of each finding is named"


def _worth_a_look(walk: _Walk, lines: list[bytes]) -> list[bytes]:
    """The lines but for those of changes that are surely nothing that is looked for: nearly all are, so all that is
    done with each line is to cut the new id out of it.
    """
    wanted, known = walk.wanted, walk.known
    if known is None:
        return [line for line in lines if line[_NEW_ID] in wanted or not _of_one_parent(line)]
    cut = [line[_NEW_ID] for line in lines]
    ids = set(cut)
    ids = known.lacks(ids) | (ids & wanted)
    seldom = [line for line, each in zip(lines, cut, strict=True) if each in ids]
    # What went, and a submodule, are known to nobody. What is wanted is, whatever history takes it for.
    return [
        line
        for line in seldom
        if line[8:14] not in _NO_FILE or line[_NEW_ID] in wanted or not _of_one_parent(line)
    ]


def _of_one_parent(line: bytes) -> bool:
    """Whether it is a change against one parent, with ids of 40 digits."""
    return line[96:97] == b" " and line[1:2] != b":"


def _note_change(walk: _Walk, commit: bytes, line: bytes) -> None:
    columns, _, path = line.partition(b"\t")
    parents = len(columns) - len(columns.lstrip(b":"))
    words = columns.split(b" ")
    object_id = words[2 * parents + 1]
    if object_id not in walk.wanted:
        if walk.known is not None and object_id not in walk.known and words[parents][-6:] not in _NO_FILE:
            walk.missing += 1
            if len(walk.lost) < MOST_SOUGHT:
                walk.lost.add(object_id)
                walk.found.setdefault(object_id, {})[path] = walk.commits.introduction(commit, _unquote(path))
        return
    paths = walk.found.setdefault(object_id, {})
    before = paths.get(path)
    if before is None or walk.commits.order(commit) < before.order:
        paths[path] = walk.commits.introduction(commit, _unquote(path))
        if len(paths) > _MOST_PATHS_HELD:
            walk.found[object_id] = _oldest(paths)


def _name_without_commit(git: Git, tips: Sequence[bytes], found: Places, without: frozenset[bytes]) -> None:
    """Names what no commit leads to. What git does not list at all is reached by no ref, and stays without a place.

    `tips` are those whose whole history has been looked at: it is not listed again.
    """
    asked = (b"^" + tip + b"\n" for tip in tips)
    from_ = ("--stdin", *git.from_) if tips else git.from_
    with git.start("rev-list", "--objects", *from_, fed=True) as names, feeding(names, asked):
        for line in names.stdout:
            object_id, _, path = line.rstrip(b"\n").partition(b" ")
            if object_id in without:
                found[object_id] = {path: Introduction(LAST, "", "", shown_path(path) or "(no path)")}
        if names.wait() == 0:
            return
    for object_id in without - found.keys():
        found[object_id] = {b"": Introduction(LAST, "", "", "(no path)")}


def _unquote(path: bytes) -> bytes:
    """What git wrote in C style because of special bytes; see core.quotePath in git-config(1)."""
    if not path.startswith(b'"'):
        return path
    plain, position, end = bytearray(), 1, len(path) - 1
    while position < end:
        byte = path[position]
        if byte != 0x5C:
            plain.append(byte)
            position += 1
        elif path[position + 1] in _SIMPLE_ESCAPES:
            plain.append(_SIMPLE_ESCAPES[path[position + 1]])
            position += 2
        else:
            plain.append(int(path[position + 1 : position + 4], 8))
            position += 4
    return bytes(plain)
