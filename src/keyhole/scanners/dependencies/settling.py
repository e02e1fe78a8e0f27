"""Which files settle what a manifest asks for: those that hold for it, not those of another project beside it.

These are the files of its own folder, the lock files that list its folder, and those above it that hold for all below
them, as central versions of .NET and catalogs of Gradle do. The same package at a version that another project has
locked says nothing of the version that this one would get.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from keyhole.scanners.dependencies.beside import Beside, is_installed
from keyhole.scanners.dependencies.formats import (
    Reader,
    cargo_lock,
    cargo_toml,
    gradle_lockfile,
    gradle_verification,
    msbuild,
    paket_lock,
    pom_xml,
    python_lock,
    reader_of,
    swift_resolved,
    version_catalog,
)
from keyhole.scanners.dependencies.listed import is_glob, listed, members, stands_for
from keyhole.scanners.dependencies.matters import Seen
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed, Package
from keyhole.scanners.lazily import pattern

Key = tuple[str, str]
"""Ecosystem, and name in its normal spelling."""
LOCK_FOLDERS = pattern(
    rb"(?:\A|/)(?:gradle/dependency-locks|requirements|[^/]+\.(?:xcodeproj|xcworkspace)(?:/.*)?)\Z"
)
"""Folders of lock files, inside of the one that they are for."""
_GRADLE_FOLDER = pattern(rb"(?:\A|/)gradle(?:/.*)?\Z")
_RUSH = pattern(rb"(?:\A|(?<=/))common/config/(?:rush|subspaces(/[^/]+))\Z")
"""Where Rush keeps the lock file of what lies two folders above the one that it is used in."""
_OF_MSBUILD = b"Directory."
_MOST_ABOVE = 100
_MOST = 1_000
"""Files that are looked at for one manifest, of each kind."""
_MOST_COMPARED = 500_000
"""Manifests and patterns of folders that are compared with each other."""


def key(package: Package) -> Key:
    """What a package is known by, whoever spells it."""
    return package.ecosystem, normal(package.ecosystem, package.name)


class _Lock(NamedTuple):
    """A file that names packages."""

    path: bytes
    read: Reader
    content: bytes


class Settling:
    """The files of a commit, by what they settle.

    `same` are links, each with the files that it leads to, whose packages are read under their names alone.
    """

    def __init__(
        self,
        files: Iterable[tuple[bytes, bytes]],
        found: Iterable[Seen],
        same: Mapping[bytes, Sequence[bytes]],
        beside: Beside,
    ) -> None:
        self._around = beside.around
        self._same = same
        self._locks: list[_Lock] = []
        self._beside: dict[bytes, list[bytes]] = {}
        self._shared: dict[bytes, list[bytes]] = {}
        self._below: dict[tuple[Reader, bytes], list[bytes]] = {}
        self._patience = _MOST_COMPARED
        for path, content in (*files, *((path, b"") for path in same)):
            if (read := reader_of(path)) is not None:
                self._locks.append(_Lock(path, read, content))
                self._place(path, read)
        self._named: dict[bytes, set[Key]] = {}
        self._stated: dict[bytes, set[Key]] = {}
        self._own: set[Key] = set()
        self._own_of: dict[bytes, str] = {}
        for path, package in found:
            self._take(path, package)
        self._last: tuple[bytes, frozenset[bytes]] = (b"", frozenset())

    def _place(self, path: bytes, read: Reader) -> None:
        folder, _, name = path.rpartition(b"/")
        for each in {folder, LOCK_FOLDERS.sub(b"", folder)}:
            _keep(self._beside.setdefault(each, []), path)
        root = _root_of(folder, name, read)
        if root is not None:
            _keep(self._shared.setdefault(root, []), path)
        if read in {swift_resolved.read, gradle_lockfile.read}:
            for each in _above(path):
                _keep(self._below.setdefault((read, each), []), path)

    def _take(self, path: bytes, package: Package) -> None:
        which = key(package)
        self._named.setdefault(path, set()).add(which)
        if package.own:
            self._own.add(which)
            self._own_of[path] = package.name
        elif package.version or not package.managed:
            self._stated.setdefault(path, set()).add(which)

    def settles(self, path: bytes, package: Package) -> bool:
        """Whether another file says which version it is that the manifest at this path asks for, or it is the
        repository's own.
        """
        return self._are_in(path, {key(package)}, self._stated)

    def names(self, path: bytes, wanted: set[Key]) -> bool:
        """Whether the files that hold for this one name all of these, so that whatever is to be said is said there."""
        return self._are_in(path, wanted, self._named)

    def _are_in(self, path: bytes, wanted: set[Key], said: Mapping[bytes, set[Key]]) -> bool:
        left = wanted - self._own
        for each in self.holding(path) if left else ():
            for one in (each, *self._same.get(each, ())):
                if one in said:
                    left -= said[one]
            if not left:
                break
        return not left

    def beside(self, path: bytes) -> Sequence[bytes]:
        """The files of its own folder that name packages."""
        return self._beside.get(path.rpartition(b"/")[0], ())

    def listing(self, path: bytes) -> frozenset[bytes]:
        """The lock files elsewhere that list its folder."""
        folder = path.rpartition(b"/")[0]
        exact, globs = self._listed
        found = set(exact.get(folder, ()))
        text = folder.decode("utf-8", "surrogateescape")
        for root, glob, lock in globs if self._patience > 0 else ():
            if text.startswith(root) and lock not in found:
                self._patience -= 1
                if stands_for(glob, text.removeprefix(root)):
                    found.add(lock)
        return frozenset(found)

    def holding(self, path: bytes) -> frozenset[bytes]:
        """All files that hold for the one at this path."""
        if self._last[0] != path:  # packages of one manifest come one after the other
            more = _MORE.get(reader_of(path))
            found = (
                *self.beside(path),
                *self.listing(path),
                *(each for folder in _above(path) for each in self._shared.get(folder, ())),
                *(more(self, path) if more is not None else ()),
                *self._of_installed(path),
                *self._of_swift(path),
            )
            self._last = (path, frozenset(found))
        return self._last[1]

    def _of_installed(self, path: bytes) -> Iterator[bytes]:
        if is_installed(path):
            for folder in _above(path):
                yield from self._beside.get(folder, ())

    def _of_swift(self, path: bytes) -> Iterator[bytes]:
        """A package may be locked by the applications below it, whose project files say so and are not read."""
        folder, _, name = path.rpartition(b"/")
        if name == b"Package.swift":
            yield from self._below.get((swift_resolved.read, folder), ())

    @cached_property
    def _listed(self) -> tuple[dict[bytes, set[bytes]], list[tuple[str, str, bytes]]]:
        """Lock files by the folders that they list; and patterns of such, each with the folder that it is for."""
        exact: dict[bytes, set[bytes]] = {}
        globs: list[tuple[str, str, bytes]] = []
        for lock in self._locks:
            base = _base(lock.path.rpartition(b"/")[0]).decode("utf-8", "surrogateescape")
            for place in sorted(listed(lock.read, lock.content, self._around(lock.path))):
                if is_glob(whole := _joined(base, place)):
                    globs.append((f"{base}/" if base else "", posixpath.normpath(place), lock.path))
                else:
                    exact.setdefault(_folder(whole), set()).add(lock.path)
        return exact, globs

    @cached_property
    def _members(self) -> frozenset[bytes]:
        return frozenset(
            _folder(_joined(lock.path.rpartition(b"/")[0].decode("utf-8", "surrogateescape"), place))
            for lock in self._locks
            if lock.read is python_lock.read
            for place in members(lock.content)
        )

    def is_member(self, path: bytes) -> bool:
        """Whether it is in a folder of a workspace of Python, of which all is locked, whatever it asks for."""
        return path.rpartition(b"/")[0] in self._members

    @cached_property
    def _crates(self) -> tuple[dict[str, list[bytes]], dict[str, int]]:
        """Lock files of Cargo by the names of their own packages; and how many manifests there are of each name."""
        locks: dict[str, list[bytes]] = {}
        for lock in self._locks:
            if lock.read is cargo_lock.read:
                for name in cargo_lock.own_names(lock.content):
                    locks.setdefault(name, []).append(lock.path)
        count: dict[str, int] = {}
        for path, name in self._own_of.items():
            count[name] = count.get(name, 0) + (reader_of(path) is cargo_toml.read)
        return locks, count

    def of_crate(self, path: bytes) -> Iterator[bytes]:
        """Cargo lists packages by name: those above list the one meant, another only if no other has the name."""
        name = self._own_of.get(path, "")
        locks, count = self._crates
        above = frozenset(_above(path))
        for lock in locks.get(name, ()):
            if count.get(name, 0) < 2 or lock.rpartition(b"/")[0] in above:
                yield lock

    def of_catalog(self, path: bytes) -> Iterator[bytes]:
        """A catalog is for the whole build, of which each project has its own lock file."""
        root = _GRADLE_FOLDER.sub(b"", path.rpartition(b"/")[0])
        yield from self._below.get((gradle_lockfile.read, root), ())

    @cached_property
    def _projects(self) -> tuple[dict[bytes, pom_xml.Kin], dict[str, list[bytes]]]:
        kin: dict[bytes, pom_xml.Kin] = {}
        named: dict[str, list[bytes]] = {}
        for lock in self._locks:
            if lock.read is pom_xml.read:
                try:
                    kin[lock.path] = pom_xml.kin(lock.content, self._around(lock.path))
                except Malformed:
                    continue
                named.setdefault(kin[lock.path].own, []).append(lock.path)
        return kin, named

    def of_project(self, path: bytes) -> Iterator[bytes]:
        """Maven's versions come from parents and from what is imported, of the project itself or of those."""
        kin, named = self._projects
        met, waiting = {path}, [path]
        while waiting and len(met) < _MOST:
            mine = kin.get(waiting.pop())
            for each in (found for other in (mine.others if mine else ()) for found in named.get(other, ())):
                if each not in met:
                    met.add(each)
                    waiting.append(each)
        yield from met


_MORE: Mapping[Reader | None, Callable[[Settling, bytes], Iterator[bytes]]] = {
    cargo_toml.read: Settling.of_crate,
    version_catalog.read: Settling.of_catalog,
    pom_xml.read: Settling.of_project,
}


def _joined(base: str, place: str) -> str:
    return posixpath.normpath(posixpath.join(base, place.replace("\\", "/")))


def _folder(place: str) -> bytes:
    return b"" if place == "." else place.encode("utf-8", "surrogateescape")


def _keep(found: list[bytes], path: bytes) -> None:
    if len(found) < _MOST:
        found.append(path)


def _root_of(folder: bytes, name: bytes, read: Reader) -> bytes | None:
    """The folder for all of which the file holds, with those below it; None where it is for its own alone."""
    if read in {version_catalog.read, gradle_verification.read}:
        return _GRADLE_FOLDER.sub(b"", folder)
    if read is swift_resolved.read:
        return LOCK_FOLDERS.sub(b"", folder)
    central = read is paket_lock.read or (read is msbuild.read and name.startswith(_OF_MSBUILD))
    return folder if central else None


def _base(folder: bytes) -> bytes:
    """The folder from which a lock file lists others."""
    return _RUSH.sub(lambda found: b"common/temp" + (found[1] or b""), folder)


def _above(path: bytes) -> Iterator[bytes]:
    """Its folder and those above it, the nearest first."""
    folder = path.rpartition(b"/")[0]
    for _ in range(_MOST_ABOVE):
        yield folder
        if not folder:
            return
        folder = folder.rpartition(b"/")[0]
