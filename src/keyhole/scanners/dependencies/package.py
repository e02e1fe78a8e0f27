"""A package that a repository uses, as one of its files says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from keyhole.core.escaping import escape
from keyhole.core.library import Relation


class Malformed(Exception):
    """A file is not what its name says; the message, for people, quotes nothing of it."""


class Standing(NamedTuple):
    """How a package comes to the repository."""

    relation: Relation = Relation.UNKNOWN
    via: tuple[str, ...] = ()
    """Names of the packages that pull it in, from the direct one inwards, by one shortest path."""
    dev: bool = False
    """Whether only what is needed for developing asks for it."""


UNKNOWN = Standing()


class Package(NamedTuple):
    """One package at one version."""

    ecosystem: str
    """OSV's name of where it comes from."""
    name: str
    """As the file has it."""
    version: str
    """As locked; empty if the file does not settle on one."""
    line: int = 1
    """Where the file names it, from 1."""
    dev: bool = False
    """Whether it is only needed for developing."""
    managed: bool = False
    """Whether it leaves its version to another file, such as a parent's: that file is where the version is assessed."""
    own: bool = False
    """Whether it is a package of the repository itself, which others of it may ask for and nobody has advisories of."""
    folder: str = ""
    """Where it lies, from the folder of the file that names it: inside the repository it is the repository's own."""
    alone: bool = False
    """Whether what it asks for is not in the file that names it, so that only files in its folder could say it."""
    listed_in: str = ""
    """A file, from the folder of the one that names it: this stands for the packages in that, and is none itself."""
    relation: Relation = Relation.UNKNOWN
    via: tuple[str, ...] = ()
    """Names of the packages that pull it in, from the direct one inwards."""
    licences: tuple[str, ...] = ()
    """SPDX expressions or names, as the file gives them."""
    purl: str = ""
    """Its package URL, where the file itself gives one."""


class Lines:
    """Finds the lines on which a file names things, each search going on from behind the one before."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0
        self._counted = 0
        self._line = 1
        self._patience = max(_PATIENCE, 4 * len(text))

    def of(self, *words: str) -> int:
        """The line of the first place after the last one that has the words, in order; the last line if none has."""
        if self._patience < 0:
            return self._line
        start = at = self._at
        for number, word in enumerate(words):
            sought = word.encode("utf-8", "replace")
            found = self._text.find(sought, at)
            if found < 0:
                # A file may be written so that nothing in it is found, and every search goes to its end.
                self._patience -= len(self._text) - self._at
                return self._line
            at = found + len(sought)
            start = start if number else found
            if not number:
                behind = at
        self._line += self._text.count(b"\n", self._counted, start)
        self._counted = start
        self._at = behind
        return self._line


_PATIENCE = 64 << 20
"""Bytes that are looked through in vain before no more lines are looked for."""


def text_of(content: bytes) -> str:
    """A file's text. Malformed when it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8 text") from None


def leaves(folder: str) -> bool:
    """Whether it may lie outside of the repository, which only the path of the file that names it can say."""
    return folder.startswith(("..", "/", "\\", "~"))


def is_archive(place: str) -> bool:
    """Whether a path is of a packed package, which is somebody else's wherever it lies, and not of a folder."""
    return place.lower().endswith((".tgz", ".tar.gz", ".tar", ".tar.bz2", ".zip", ".whl"))


def plain(text: str) -> str:
    """Somebody else's words as one line that can be shown."""
    if text.isascii() and text.isprintable() and " " not in text and "\\" not in text:
        return text  # as nearly all are
    return escape(" ".join(text.split()).encode("utf-8", "replace"))


Packages = Iterator[Package]
Around = Callable[[str], bytes | None]
"""Another file of the commit, by its path from the folder of the one that is read; None for what is not there."""


def nowhere(_path: str) -> None:
    """Nothing is known of any other file."""


Manifests = Mapping[str, Sequence[bytes]]
"""What the repository itself asks for: files by their names, from the folder of a lock file and from those below it
that have no such lock file of their own."""
NONE: Manifests = MappingProxyType({})
