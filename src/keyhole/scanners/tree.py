"""The files of one commit that somebody wants to look at: listed without opening folders twice, read within limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import IO, TYPE_CHECKING, Protocol

from keyhole.scanners.gitpipe import Git
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import DAMAGED, Entry, Tick, Trouble, describe, read_objects
from keyhole.scanners.spawned import Spawned

if TYPE_CHECKING:
    from keyhole.scanners.links import FollowsLinks

MOST_PATHS = 500_000
"""Paths of a commit that are looked at. Nine objects can be ten million of them."""
MISSING = -1
"""The size of an object that is not there."""
_FILE = (b"100644", b"100755", b"100664")
_LINK = b"120000"
_REPORT_EVERY = 10_000


class Listing(Protocol):
    """A process that tells what `listing` does."""

    stdout: IO[bytes]

    def wait(self) -> int | None:
        """Waits until it has ended; 0 if all was told."""
        ...


def files(
    git: Git,
    wanted: Callable[[bytes], bool],
    limits: Limits,
    trouble: Trouble,
    tick: Tick,
    *,
    follower: FollowsLinks | None = None,
    unread: dict[bytes, list[bytes]] | None = None,
) -> Iterator[tuple[bytes, bytes]]:
    """Path and content of the wanted files of HEAD, or of the first tip, in order of path.

    A link comes with the content of the file that it leads to, if there is a `follower` who does not see that anyway.
    `unread` takes the paths of the objects that could not be read.
    """
    paths: dict[bytes, list[bytes]] = {}
    links: list[bytes] = []
    for path, entry, is_link in listed(git, trouble, tick, links=follower is not None):
        if wanted(path):
            (links if is_link else paths.setdefault(entry.object_id, [])).append(path)
    if links and follower is not None:
        for object_id, path in _unseen(git, links, paths, tick, follower):
            paths.setdefault(object_id, []).append(path)
    entries = describe(git, list(paths), limits, trouble, tick)
    found: dict[bytes, bytes] = {}
    parts: list[bytes] = []
    for piece in read_objects(git, entries, limits, trouble):
        parts.append(piece.text[piece.keep_from : piece.keep_to])
        if piece.is_last:
            found[piece.entry.object_id] = b"".join(parts)
            parts = []
            tick(len(found), len(entries))
    if unread is not None:
        unread.update((object_id, each) for object_id, each in paths.items() if object_id not in found)
    ordered = sorted((path, object_id) for object_id, each in paths.items() for path in each)
    yield from ((path, found[object_id]) for path, object_id in ordered if object_id in found)


def _unseen(
    git: Git, links: list[bytes], files: Mapping[bytes, list[bytes]], tick: Tick, follower: FollowsLinks
) -> list[tuple[bytes, bytes]]:
    """The object behind each link that leads to something which nobody looks at under another name, and its path."""
    from keyhole.scanners.links import followed  # noqa: PLC0415  # most have no links

    unseen: list[tuple[bytes, bytes]] = []
    for led in followed(git, links, tick):
        if led.astray:
            follower.astray(led.path, led.astray)
        elif not follower.same(led.path, files.get(led.object_id, ())):
            unseen.append((led.object_id, led.path))
    return unseen


def listing(git: Git, *, sizes: bool = False) -> AbstractContextManager[Spawned]:
    """git, at work on what `listed` tells."""
    return git.start("ls-tree", "-r", "-z", *(("-l",) if sizes else ()), "--full-tree", git.head)


def listed(
    git: Git,
    trouble: Trouble,
    tick: Tick,
    *,
    links: bool = False,
    sizes: bool = False,
    begun: Listing | None = None,
) -> Iterator[tuple[bytes, Entry, bool]]:
    """Path and object of every file of HEAD, or of the first tip; with `links` also of what are symbolic links.

    Last comes whether it is one. `begun` is at work on a `listing` with the same `sizes` since before.

    Without `sizes` these are 0: git looks at an object for each path to tell them, and a bomb has millions. With them,
    what is not there is MISSING, and has been noted.
    """
    modes = (*_FILE, _LINK) if links else _FILE
    with nullcontext(begun) if begun is not None else listing(git, sizes=sizes) as process:
        rest, count = b"", 0
        while chunk := process.stdout.read1(1 << 20):  # type: ignore[attr-defined]  # a pipe has a buffered reader
            *lines, rest = (rest + chunk).split(b"\0")
            for line in lines:
                count += 1
                if count > MOST_PATHS:
                    trouble.note(f"more than {MOST_PATHS:,} files; the others were not assessed")
                    return
                if count % _REPORT_EVERY == 0:
                    tick(count, 0)
                words, _, path = line.partition(b"\t")
                mode, _, object_id, *size = words.split()
                if mode not in modes:
                    continue
                if not sizes:
                    yield path, Entry(object_id, "blob", 0), mode == _LINK
                elif size[0].isdigit():
                    yield path, Entry(object_id, "blob", int(size[0])), mode == _LINK
                else:
                    trouble.note(DAMAGED, objects=[object_id])
                    yield path, Entry(object_id, "blob", MISSING), mode == _LINK
        if process.wait() != 0:
            _tell_why(git, trouble)


def _tell_why(git: Git, trouble: Trouble) -> None:
    """Nothing is wrong where there is nothing at all, as in a new repository."""
    if not git.unborn():
        trouble.note("the files of the commit could not all be listed")
    elif git.answer("for-each-ref", "--count=1"):
        trouble.note("HEAD names a branch that has no commit, so no files were read; name one of the others")
