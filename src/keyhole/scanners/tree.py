"""The files of one commit that somebody wants to look at: listed without opening folders twice, read within limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from keyhole.scanners.gitpipe import Git
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import DAMAGED, Entry, Tick, Trouble, describe, read_objects

MOST_PATHS = 500_000
"""Paths of a commit that are looked at. Nine objects can be ten million of them."""
_FILE = (b"100644", b"100755", b"100664")
_LINK = b"120000"
_REPORT_EVERY = 10_000


def files(
    git: Git, wanted: Callable[[bytes], bool], limits: Limits, trouble: Trouble, tick: Tick
) -> Iterator[tuple[bytes, bytes]]:
    """Path and content of the wanted files of HEAD, or of the first tip, in order of path."""
    paths: dict[bytes, list[bytes]] = {}
    for path, entry in listed(git, trouble, tick):
        if wanted(path):
            paths.setdefault(entry.object_id, []).append(path)
    entries = describe(git, list(paths), limits, trouble, tick)
    found: dict[bytes, bytes] = {}
    parts: list[bytes] = []
    for piece in read_objects(git, entries, limits, trouble):
        parts.append(piece.text[piece.keep_from : piece.keep_to])
        if piece.is_last:
            found[piece.entry.object_id] = b"".join(parts)
            parts = []
            tick(len(found), len(entries))
    ordered = sorted((path, object_id) for object_id, each in paths.items() for path in each)
    yield from ((path, found[object_id]) for path, object_id in ordered if object_id in found)


def listed(
    git: Git, trouble: Trouble, tick: Tick, *, links: bool = False, sizes: bool = False
) -> Iterator[tuple[bytes, Entry]]:
    """Path and object of every file of HEAD, or of the first tip; with `links` also of what are symbolic links.

    Without `sizes` these are 0: git looks at an object for each path to tell them, and a bomb has millions.
    """
    modes = (*_FILE, _LINK) if links else _FILE
    more = ("-l",) if sizes else ()
    with git.start("ls-tree", "-r", "-z", *more, "--full-tree", git.head) as listing:
        assert listing.stdout is not None  # noqa: S101  # for the type checker
        rest, count = b"", 0
        while chunk := listing.stdout.read1(1 << 20):  # type: ignore[attr-defined]  # a pipe has a buffered reader
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
                    yield path, Entry(object_id, "blob", 0)
                elif size[0].isdigit():
                    yield path, Entry(object_id, "blob", int(size[0]))
                else:
                    trouble.note(DAMAGED)
        if listing.wait() != 0:
            _tell_why(git, trouble)


def _tell_why(git: Git, trouble: Trouble) -> None:
    """Nothing is wrong where there is nothing at all, as in a new repository."""
    if not git.unborn():
        trouble.note("the files of the commit could not all be listed")
    elif git.answer("for-each-ref", "--count=1"):
        trouble.note("HEAD names a branch that has no commit, so no files were read; name one of the others")
