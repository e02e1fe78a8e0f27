"""All reachable objects of a repository, each once: listed, then read as they are stored. Nothing is checked out.

Objects and not paths: nine objects can be ten million paths (a git bomb), and a file that never changes is one
object in ten thousand commits. Reachable ones only: what no ref reaches is not served to anybody who clones, and
in a working copy it is what its owner has not decided to publish.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import IO, Any, NamedTuple

from keyhole.scanners.gitpipe import Git, feeding
from keyhole.scanners.limits import Limits
from keyhole.scanners.spawned import Spawned

SEGMENT = 16 << 20
"""Objects larger than this are examined piece by piece, so that memory does not depend on the repository."""
OVERLAP = 32 << 10
"""What two neighbouring pieces share on each side of their border: more than any rule looks around."""
_READ_KINDS = {b"blob": "blob", b"commit": "commit", b"tag": "tag"}
_RESTARTS = 100
_ENDING = 60.0
_MOST_OBJECTS = 100_000
"""Ids that are kept of those that one reason is about: some millions may be missing."""
DAMAGED = "an object is missing or damaged"
"""Why something was not seen."""
_REPORT_EVERY = 5_000
_AT_ONCE = 500
"""Ids of at most 64 digits: half of the 64 KiB that a pipe holds."""


class Entry(NamedTuple):
    """One object to read."""

    object_id: bytes
    """Hexadecimal."""
    kind: str
    """`blob`, `commit` or `tag`."""
    size: int
    """Bytes."""


class Piece(NamedTuple):
    """A part of an object, usually all of it."""

    entry: Entry
    text: bytes
    keep_from: int
    """Hits that start before this offset belong to the piece before."""
    keep_to: int
    """Hits that start at or after this offset belong to the piece after."""
    lines_before: int
    """Line breaks of the object before this piece."""
    column_before: int
    """Bytes between the last of those and this piece."""

    @property
    def is_last(self) -> bool:
        """Whether the object ends with this piece."""
        return self.keep_to == len(self.text)


class Trouble:
    """What could not be seen, counted by reason."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.objects: dict[str, set[bytes]] = {}
        """The objects that it was in, by those reasons that are about one that somebody can look for."""

    def note(self, reason: str, count: int = 1, objects: Collection[bytes] = ()) -> None:
        """Remembers that this happened once more."""
        self.counts[reason] = self.counts.get(reason, 0) + count
        if objects:
            kept = self.objects.setdefault(reason, set())
            kept.update(islice(objects, max(_MOST_OBJECTS - len(kept), 0)))

    def sentences(self, named: Callable[[set[bytes]], str] | None = None) -> tuple[str, ...]:
        """One sentence per reason, with how often if more than once, and in what if that can be `named`."""
        often = {why: f"{why} ({count} times)" if count > 1 else why for why, count in self.counts.items()}
        if named is not None:
            often |= {why: f"{often[why]}: {named(objects)}" for why, objects in self.objects.items()}
        return tuple(often.values())

    def told(self) -> list[list[Any]]:
        """All of it as JSON, for `take`."""
        return [
            [why, count, sorted(each.decode() for each in self.objects.get(why, ()))]
            for why, count in self.counts.items()
        ]

    def take(self, told: Iterable[Sequence[Any]]) -> None:
        """Notes what another one told."""
        for why, count, objects in told:
            self.note(why, count, [each.encode() for each in objects])


class OutOfTime(Exception):
    """The scan has used up its time; what was found so far stands."""


Tick = Callable[[int, int], None]
"""Called with done and total now and then; may raise OutOfTime."""


def list_objects(git: Git, limits: Limits, trouble: Trouble, tick: Tick) -> list[Entry]:
    """Blobs, commits and tags reachable from any ref or HEAD, or from the chosen tips."""
    entries = _walked(git, git.from_, limits, trouble, tick)
    if entries is not None:
        return entries
    # A commit or tree that cannot be read ends git's walk. Looking at everything there is finds more than stopping.
    trouble.note("history is damaged: objects were read without knowing whether they are all")
    with git.start("cat-file", "--batch-check", "--buffer", "--batch-all-objects", "--unordered") as sizes:
        return _entries(sizes, limits, trouble, tick)[0]


def list_since(git: Git, before: Iterable[bytes], limits: Limits, tick: Tick) -> list[Entry] | None:
    """The same without what these commits lead to, of which some may be named all the same; None if any is missing."""
    trouble = Trouble()
    without = (f"^{each.decode()}" for each in before)
    entries = _walked(git, (*git.from_, *without), limits, trouble, tick)
    return None if trouble.counts else entries


def _walked(
    git: Git, from_: Iterable[str], limits: Limits, trouble: Trouble, tick: Tick
) -> list[Entry] | None:
    """What these lead to; None if git could not go to the end."""
    with git.start("rev-list", "--objects", "--no-object-names", "--missing=print", *from_) as walk:
        with git.start("cat-file", "--batch-check", "--buffer", reads=walk.stdout.fileno()) as sizes:
            # Only the second git may hold it, or the first would not notice when that one ends.
            walk.stdout.close()
            entries, cut = _entries(sizes, limits, trouble, tick)
        return entries if cut or walk.wait(_ENDING) == 0 else None


def describe(git: Git, ids: list[bytes], limits: Limits, trouble: Trouble, tick: Tick) -> list[Entry]:
    """The objects with these ids, but for trees."""
    if not ids:
        return []
    lines = (object_id + b"\n" for object_id in ids)
    with (
        git.start("cat-file", "--batch-check", "--buffer", fed=True) as sizes,
        feeding(sizes, lines),
    ):
        return _entries(sizes, limits, trouble, tick)[0]


def _entries(sizes: Spawned, limits: Limits, trouble: Trouble, tick: Tick) -> tuple[list[Entry], bool]:
    entries: list[Entry] = []
    for count, line in enumerate(sizes.stdout):
        if count % _REPORT_EVERY == 0:
            tick(count, 0)
        if count >= limits.objects:
            trouble.note(f"more than {limits.objects} objects")
            return entries, True
        words = line.split()
        if len(words) != 3:
            # What rev-list misses it marks.
            trouble.note(DAMAGED, objects=[words[0].removeprefix(b"?")] if words else ())
        elif words[1] in _READ_KINDS:
            entries.append(Entry(words[0], _READ_KINDS[words[1]], int(words[2])))
    if sizes.wait(_ENDING) != 0:
        trouble.note("git could not list all objects")
    return entries, False


def reader(git: Git) -> AbstractContextManager[Spawned]:
    """git, waiting to be asked for objects by `read_objects`, again and again."""
    return git.start("cat-file", "--batch", fed=True)


def read_objects(
    git: Git, entries: list[Entry], limits: Limits, trouble: Trouble, begun: Spawned | None = None
) -> Iterator[Piece]:
    """The text of every entry, in pieces. One that cannot be read is noted and skipped, and never ends the rest.

    `begun` is a `reader` that was started before. If there is trouble with it, or if not all is read, it has ended.
    """
    wanted = affordable(entries, limits, trouble)
    position = 0
    for _ in range(_RESTARTS):
        if position >= len(wanted):
            return
        for outcome in _asked(begun, wanted) if begun is not None else _read_from(git, wanted, position):
            if isinstance(outcome, Piece):
                yield outcome
            else:
                position = outcome
        if position >= len(wanted):
            return
        trouble.note(DAMAGED, objects=[wanted[position].object_id])
        position += 1
        begun = None
    if position < len(wanted):
        trouble.note(f"after {_RESTARTS} damaged objects the others were not read")


def _asked(process: Spawned, wanted: list[Entry]) -> Iterator[Piece | int]:
    """As `_read_from`, by a git that goes on: it answers at once, and is never asked for more than a pipe can hold."""
    done = 0
    try:
        while stretch := wanted[done : done + _AT_ONCE]:
            process.stdin.write(b"".join(entry.object_id + b"\n" for entry in stretch))
            process.stdin.flush()
            for entry in stretch:
                yield from _pieces(process.stdout, entry)
                done += 1
                yield done
    except (_Unreadable, BrokenPipeError):
        return
    finally:
        if done < len(wanted):
            process.kill()


def _read_from(git: Git, wanted: list[Entry], position: int) -> Iterator[Piece | int]:
    """Pieces, and after each object the position of the next one; ends early at the first damaged one."""
    asked = (entry.object_id + b"\n" for entry in islice(wanted, position, None))
    with git.start("cat-file", "--batch", "--buffer", fed=True) as process, feeding(process, asked):
        try:
            for done, entry in enumerate(islice(wanted, position, None), position + 1):
                yield from _pieces(process.stdout, entry)
                yield done
        except _Unreadable:
            return


def affordable(entries: Iterable[Entry], limits: Limits, trouble: Trouble) -> list[Entry]:
    """Those of the entries that the limits allow to be read, in order."""
    wanted, total = [], 0
    for entry in entries:
        if entry.size > limits.object_bytes:
            why = f"an object larger than {limits.object_bytes >> 20} MiB was not read"
            trouble.note(why, objects=[entry.object_id])
        elif total + entry.size > limits.total_bytes:
            trouble.note(f"an object beyond the first {limits.total_bytes >> 20} MiB was not read")
        else:
            total += entry.size
            wanted.append(entry)
    return wanted


class _Unreadable(Exception):
    """git did not answer with the object that was asked for."""


def _pieces(stdout: IO[bytes], entry: Entry) -> Iterator[Piece]:
    header = stdout.readline(256).split()
    if len(header) != 3 or header[0] != entry.object_id or int(header[2]) != entry.size:
        raise _Unreadable
    if entry.size <= SEGMENT:
        text = _read(stdout, entry.size)
        yield Piece(entry, text, 0, len(text), 0, 0)
    else:
        yield from _segments(stdout, entry)
    _read(stdout, 1)


def _segments(stdout: IO[bytes], entry: Entry) -> Iterator[Piece]:
    left, text, lines, column = entry.size, b"", 0, 0
    while left:
        first = left == entry.size
        more = _read(stdout, min(SEGMENT, left))
        left -= len(more)
        text += more
        keep_to = len(text) - OVERLAP if left else len(text)
        yield Piece(entry, text, 0 if first else OVERLAP, keep_to, lines, column)
        gone = max(0, len(text) - 2 * OVERLAP)
        lines += text.count(b"\n", 0, gone)
        last_break = text.rfind(b"\n", 0, gone)
        column = gone - last_break - 1 if last_break >= 0 else column + gone
        text = text[gone:]


def _read(stdout: IO[bytes], size: int) -> bytes:
    text = stdout.read(size)
    if len(text) != size:
        raise _Unreadable
    return text
