"""What lies beside a file: the manifests that belong to a lock file, which are those of its folder and of the folders
below it that it locks too, and whatever other file it names.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from keyhole.scanners.dependencies.formats import Reader, manifests_of, reader_of
from keyhole.scanners.dependencies.package import Around, Manifests

_INSTALLED: Mapping[bytes, bytes] = MappingProxyType(
    {b"package.json": b"node_modules", b"composer.json": b"vendor", b"Cargo.toml": b"vendor"}
)
"""Name of a manifest -> the folder into which its tool puts the packages of others, each with such a manifest."""
LARGEST = 1 << 20
"""Bytes of a manifest that is looked into; what people write is smaller."""
_MOST = 1_000
"""Manifests of one lock file."""
_LONGEST_PATH = 4096
_DEEPEST = 100
"""Folders above a manifest in which its lock file is looked for."""


def is_installed(path: bytes) -> bool:
    """Whether the file at this path is the manifest of somebody else's package, committed as it was installed."""
    *folders, name = path.split(b"/")
    return name in _INSTALLED and _INSTALLED[name] in folders


class Beside:
    """The manifests of a commit, by the lock files to which they belong."""

    def __init__(self, files: Iterable[tuple[bytes, bytes]]) -> None:
        locked: dict[Reader, set[bytes]] = {}
        manifests: list[tuple[bytes, str, bytes]] = []
        interested: dict[str, list[Reader]] = {}
        for each, names in manifests_of().items():
            for name in names:
                interested.setdefault(name, []).append(each)
        self._there: dict[bytes, bytes] = {}
        for path, content in files:
            self._there[path] = content
            folder, name = _parted(path)
            read = reader_of(path)
            if read is not None and read in manifests_of():
                locked.setdefault(read, set()).add(folder)
            if name in interested and len(content) <= LARGEST and not is_installed(path):
                manifests.append((folder, name, content))
        self._of: dict[tuple[Reader, bytes], dict[str, list[bytes]]] = {}
        for folder, name, content in sorted(manifests, key=lambda each: _depth(each[0])):
            for each in interested[name]:
                self._keep(each, locked.get(each, set()), folder, name, content)

    def _keep(self, read: Reader, locked: set[bytes], folder: bytes, name: str, content: bytes) -> None:
        above = folder
        for _ in range(_DEEPEST):
            if above in locked:
                kept = self._of.setdefault((read, above), {}).setdefault(name, [])
                if len(kept) < _MOST:
                    kept.append(content)
                return
            if not above:
                return
            above = above.rpartition(b"/")[0]

    def around(self, path: bytes) -> Around:
        """What finds other files from the one at this path: among those that were read, none that is too large."""
        folder = path.rpartition(b"/")[0].decode("utf-8", "surrogateescape")

        def content(place: str) -> bytes | None:
            if len(place) > _LONGEST_PATH:
                return None
            whole = posixpath.normpath(posixpath.join(folder, place.replace("\\", "/")))
            found = self._there.get(whole.encode("utf-8", "surrogateescape"))
            return found if found is not None and len(found) <= LARGEST else None

        return content

    def of(self, path: bytes, read: Reader) -> Manifests:
        """The manifests of the lock file at this path."""
        found: Mapping[str, list[bytes]] = self._of.get((read, _parted(path)[0]), {})
        return MappingProxyType(found)


def _depth(folder: bytes) -> int:
    return folder.count(b"/") + 1 if folder else 0


def _parted(path: bytes) -> tuple[bytes, str]:
    folder, _, name = path.rpartition(b"/")
    return folder, name.decode("utf-8", "replace")
