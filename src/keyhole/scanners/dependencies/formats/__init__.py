"""The files that say which packages a repository uses, one module for each kind.

A module offers `NAMES`, patterns of file names, and `read(content)`, which gives the packages or raises Malformed. What
it is given may be anything: it reads, and neither runs nor fetches. One that can say more where it knows what the
repository itself asks for offers `MANIFESTS`, names of files, too: its `read` is given them besides. One whose files
take values from others of the commit says so by `AROUND`: its `read` is given what finds those. Modules are found by
walking this package.
"""

from __future__ import annotations

import functools
import pkgutil
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase, translate
from importlib import import_module
from types import MappingProxyType, ModuleType

from keyhole.scanners.dependencies.package import Packages

Reader = Callable[..., Packages]


@functools.cache
def _modules() -> tuple[ModuleType, ...]:
    return tuple(import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))


@functools.cache
def readers() -> Mapping[str, Reader]:
    """Pattern of a file name -> what reads such files."""
    return MappingProxyType({pattern: module.read for module in _modules() for pattern in module.NAMES})


@functools.cache
def manifests_of() -> Mapping[Reader, tuple[str, ...]]:
    """What reads a lock file -> names of the manifests that it wants to know besides."""
    return MappingProxyType(
        {module.read: module.MANIFESTS for module in _modules() if hasattr(module, "MANIFESTS")}
    )


@functools.cache
def looking_around() -> frozenset[Reader]:
    """What wants to look at other files of the commit besides."""
    return frozenset(module.read for module in _modules() if getattr(module, "AROUND", False))


@functools.cache
def _manifests() -> frozenset[str]:
    return frozenset(name for names in manifests_of().values() for name in names)


def is_manifest(path: bytes) -> bool:
    """Whether the file at this path is a manifest that some lock file's reader wants to know."""
    return path.rpartition(b"/")[2].decode("utf-8", "replace") in _manifests()


def reader_of(path: bytes) -> Reader | None:
    """What reads the file at this path; None for a file that says nothing of packages.

    A pattern with a slash is about the whole path, any other about the file's name.
    """
    whole = path.decode("utf-8", "replace")
    return _of_name(whole.rpartition("/")[2]) or next(
        (read for end, matches, read in _of_paths() if whole.endswith(end) and matches(whole)), None
    )


@functools.lru_cache(10_000)
def _of_name(name: str) -> Reader | None:
    """Names repeat: a commit can have half a million paths, of files with one name."""
    known = readers()
    return known.get(name) or next(
        (read for pattern, read in known.items() if _is_of_names(pattern) and fnmatchcase(name, pattern)),
        None,
    )


def _is_of_names(pattern: str) -> bool:
    return "*" in pattern and "/" not in pattern


@functools.cache
def _of_paths() -> tuple[tuple[str, Callable[[str], object], Reader], ...]:
    """How such a path ends, which most do not, and what matches all of it."""
    return tuple(
        (pattern.rpartition("*")[2], re.compile(translate(pattern)).match, read)
        for pattern, read in readers().items()
        if "/" in pattern
    )
