"""What a file leaves to another place: a folder with the code of a package, or a file that names more packages."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace

from keyhole.scanners.dependencies.formats import reader_of
from keyhole.scanners.dependencies.matters import Seen


def without_files(found: Iterable[Seen], there: Iterable[bytes]) -> tuple[list[Seen], list[str]]:
    """The packages, those that lie inside of the repository as its own; and the files that nobody reads.

    `there` are the paths of the commit among which are all whose names say how to read them.
    """
    known = frozenset(there)
    packages: list[Seen] = []
    unread: list[str] = []
    for path, package in found:
        if package.listed_in:
            if not _is_read(path, package.listed_in, known):
                unread.append(package.name)
        elif package.folder and _inside(path, package.folder) is not None:
            packages.append((path, replace(package, own=True)))
        else:
            packages.append((path, package))
    return packages, unread


def _is_read(path: bytes, file: str, known: frozenset[bytes]) -> bool:
    inside = _inside(path, file)
    whole = inside.encode("utf-8", "surrogateescape") if inside is not None else b""
    return whole in known and reader_of(whole) is not None


def _inside(path: bytes, place: str) -> str | None:
    """Where in the repository it is; None for what is outside, on a server, or only known when it is used."""
    if place.startswith(("/", "\\", "~")) or "://" in place or "$" in place:
        return None
    folder = path.rpartition(b"/")[0].decode("utf-8", "surrogateescape")
    whole = posixpath.normpath(posixpath.join(folder, place.replace("\\", "/")))
    return None if whole == ".." or whole.startswith("../") else whole
