"""Manifests that are looked through and not read: what they ask for, only a lock file says with its versions.

Most are programs, which are not run. Where no lock file that is read lies beside one, and what it asks for is named by
no other file that holds for it either, nothing is known of it, which is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from keyhole.scanners.dependencies import asking
from keyhole.scanners.dependencies.beside import LARGEST
from keyhole.scanners.dependencies.formats import (
    Reader,
    bun_lock,
    gemfile_lock,
    gradle_lockfile,
    mix_lock,
    npm_lock,
    pipfile_lock,
    pnpm_lock,
    pubspec_lock,
    python_lock,
    reader_of,
    requirements,
    swift_resolved,
    yarn_lock,
)
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import Malformed, text_of
from keyhole.scanners.dependencies.settling import Settling


class _Kind(NamedTuple):
    """One kind of manifest."""

    ecosystem: str
    asked: Callable[[bytes], set[str]]
    """Names of what a text asks for; `asking.SOMETHING` among them for what has none."""
    locks: tuple[Reader, ...]
    """What reads the lock files that settle it."""


_GEMS = _Kind("RubyGems", asking.by_bundler, (gemfile_lock.read,))
_GRADLE = _Kind("Maven", asking.by_gradle, (gradle_lockfile.read,))
_PYTHON = (python_lock.read, pipfile_lock.read, requirements.read)
_SCRIPT = _Kind("PyPI", asking.by_setup, _PYTHON)
_CONDA = _Kind("conda", asking.by_conda, ())
_NODE = (bun_lock.read, npm_lock.read, yarn_lock.read, pnpm_lock.read)
_KINDS: Mapping[bytes, _Kind] = MappingProxyType(
    {
        b"Gemfile": _GEMS,
        b"gems.rb": _GEMS,
        b"mix.exs": _Kind("Hex", asking.by_mix, (mix_lock.read,)),
        b"build.gradle": _GRADLE,
        b"build.gradle.kts": _GRADLE,
        b"bun.lockb": _Kind("npm", asking.something, _NODE),
        b"pubspec.yaml": _Kind("Pub", asking.by_pub, (pubspec_lock.read,)),
        b"Package.swift": _Kind("SwiftURL", asking.by_swift, (swift_resolved.read,)),
        b"setup.py": _SCRIPT,
        b"setup.cfg": _Kind("PyPI", asking.by_setup_settings, _PYTHON),
        b"pyproject.toml": _Kind("PyPI", asking.by_project, _PYTHON),
        b"environment.yml": _CONDA,
        b"environment.yaml": _CONDA,
    }
)


def is_known(path: bytes) -> bool:
    """Whether the file at this path is such a manifest."""
    return path.rpartition(b"/")[2] in _KINDS


def unlocked(files: Iterable[tuple[bytes, bytes]], settling: Settling) -> list[bytes]:
    """Paths of the manifests that nothing settles."""
    found: list[bytes] = []
    for path, content in files:
        kind = _KINDS.get(path.rpartition(b"/")[2])
        if kind is None or _is_locked(path, kind, settling):
            continue
        names = _asked(content, kind)
        asked = {(kind.ecosystem, normal(kind.ecosystem, name)) for name in names}
        if asking.SOMETHING in names or (asked and not settling.names(path, asked)):
            found.append(path)
    return found


def _is_locked(path: bytes, kind: _Kind, settling: Settling) -> bool:
    """Whether a lock file is for it whatever it asks for: one of its folder, or that of its workspace."""
    return any(reader_of(each) in kind.locks for each in settling.beside(path)) or (
        python_lock.read in kind.locks and settling.is_member(path)
    )


def _asked(content: bytes, kind: _Kind) -> set[str]:
    """What cannot be looked through may ask for anything."""
    if len(content) > LARGEST:
        return {asking.SOMETHING}
    try:
        text_of(content)
        return kind.asked(content)
    except Malformed:
        return {asking.SOMETHING}
