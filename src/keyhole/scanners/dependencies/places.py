"""What a file leaves to another place: a folder with the code of a package, or a file that names more packages."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping

from keyhole.scanners.dependencies.formats import reader_of
from keyhole.scanners.dependencies.matters import Seen
from keyhole.scanners.dependencies.package import Package


def without_files(found: Iterable[Seen], there: Iterable[bytes]) -> tuple[list[Seen], list[str]]:
    """The packages, those that lie inside of the repository as its own; and the files that nobody reads.

    `there` are the paths of the commit among which are all whose names say how to read them.
    """
    known = frozenset(there)
    folders = Counter(path.rpartition(b"/")[0] for path in known)
    packages: list[Seen] = []
    unread: list[str] = []
    for path, package in found:
        if package.listed_in:
            if not _is_read(path, package.listed_in, known):
                unread.append(package.name)
        elif package.folder and _is_own(path, package, folders):
            packages.append((path, package._replace(own=True)))
        else:
            packages.append((path, package))
    return packages, unread


def _is_read(path: bytes, file: str, known: frozenset[bytes]) -> bool:
    inside = _inside(path, file)
    whole = inside.encode("utf-8", "surrogateescape") if inside is not None else b""
    return whole in known and reader_of(whole) is not None


def _is_own(path: bytes, package: Package, folders: Mapping[bytes, int]) -> bool:
    """Whether it lies inside, with files that say what it asks for where nothing else does."""
    inside = _inside(path, package.folder)
    if inside is None or not package.alone:
        return inside is not None
    folder = b"" if inside == "." else inside.encode("utf-8", "surrogateescape")
    itself = folder == path.rpartition(b"/")[0]
    return folders.get(folder, 0) > itself


def _inside(path: bytes, place: str) -> str | None:
    """Where in the repository it is; None for what is outside, on a server, or only known when it is used."""
    if place.startswith(("/", "\\", "~")) or "://" in place or "$" in place:
        return None
    folder = path.rpartition(b"/")[0].decode("utf-8", "surrogateescape")
    whole = posixpath.normpath(posixpath.join(folder, place.replace("\\", "/")))
    return None if whole == ".." or whole.startswith("../") else whole
