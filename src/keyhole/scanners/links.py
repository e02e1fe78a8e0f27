"""Symbolic links of a commit: where they lead inside of it. git follows them, in its objects and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import IO, NamedTuple, Protocol, runtime_checkable

from keyhole.scanners.gitpipe import Git, feeding
from keyhole.scanners.objects import Tick

MOST_LINKS = 1_000
"""Links of a commit that are followed. For each git may have to look through folders of any size."""
OUTSIDE = "out of the repository"
NOWHERE = "to no file of the commit"
UNKNOWN = "that git could not follow"
BEYOND = f"after the first {MOST_LINKS:,}"
_ASTRAY: Mapping[bytes, str] = MappingProxyType(
    {b"symlink": OUTSIDE, b"dangling": NOWHERE, b"loop": NOWHERE, b"notdir": NOWHERE}
)
"""What git answers for a link that leads to no object."""
_FILE = re.compile(rb"([0-9a-f]{40,64}) blob [0-9]+")
_RELATIVE = (b"./", b"../")
_LONGEST = 1 << 20


class Led(NamedTuple):
    """Where a link leads."""

    path: bytes
    """Of the link."""
    object_id: bytes
    """Of the file; empty if there is none."""
    astray: str = ""
    """Where it leads instead, as words for people that follow `link`."""


@runtime_checkable
class FollowsLinks(Protocol):
    """A scanner to which a link with a name that it wants is as good as the file that it leads to."""

    def same(self, path: bytes, files: Sequence[bytes]) -> bool:
        """Whether what a link leads to is looked at already, as it is one of these files that are wanted too."""
        ...

    def astray(self, path: bytes, where: str) -> None:
        """Takes note of a link that leads to no file of the commit. See `Led`."""
        ...


def followed(git: Git, paths: Sequence[bytes], tick: Tick) -> Iterator[Led]:
    """Where these links of HEAD, or of the first tip, lead."""
    # git takes a line for a question, and a path that begins so for one from its working directory.
    odd = {path for path in paths if b"\n" in path or path.startswith(_RELATIVE)}
    yield from (Led(path, b"", UNKNOWN) for path in paths if path in odd)
    asked = [path for path in paths if path not in odd]
    yield from (Led(path, b"", BEYOND) for path in asked[MOST_LINKS:])
    del asked[MOST_LINKS:]
    lines = (b"%s:%s\n" % (git.head.encode(), path) for path in asked)
    done = 0
    with (
        git.start("cat-file", "--batch-check", "--follow-symlinks", "--buffer", fed=True) as answers,
        feeding(answers, lines),
    ):
        for path in asked:
            tick(done, len(asked))
            led = _led(path, answers.stdout)
            if led is None:
                break
            yield led
            done += 1
    yield from (Led(path, b"", UNKNOWN) for path in asked[done:])


def _led(path: bytes, answers: IO[bytes]) -> Led | None:
    """What git answers next; None if it does not."""
    line = answers.readline()
    if not line.endswith(b"\n"):
        return None
    if file := _FILE.fullmatch(line[:-1]):
        return Led(path, file[1])
    word, _, size = line[:-1].partition(b" ")
    if word not in _ASTRAY or not size.isdigit():
        return Led(path, b"", NOWHERE)  # a folder, or missing
    # What it says of where is not shown: it can be anything.
    length = int(size) + 1
    return (
        Led(path, b"", _ASTRAY[word]) if length <= _LONGEST and len(answers.read(length)) == length else None
    )
