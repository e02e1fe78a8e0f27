"""Who asks for whom among the libraries of a report, as far as the files that name them say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from keyhole.core.library import Library, PackageFacts, Relation
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.purl import written

_Named = dict[tuple[str, str, str], set[str]]


def reference(package: Library | PackageFacts) -> str:
    """What stands for the package at its version."""
    return package.purl or f"{package.ecosystem}/{package.name}@{package.version}"


def by_version(package: PackageFacts) -> list[PackageFacts]:
    """The same at each version that the finding is about, for formats that name packages one by one."""
    others = [
        replace(package, version=each, purl=package.purl and written(package.ecosystem, package.name, each))
        for each in package.others
    ]
    return [package, *others]


def asking(libraries: Iterable[Library], root: str) -> dict[str, list[str]]:
    """For whatever is known to ask for libraries what these are; `root` asks for the direct ones.

    What pulls a library in is known by name, so that nothing is said where a file has a name at several versions.
    """
    named: _Named = defaultdict(set)
    all_of_them = list(libraries)
    for library in all_of_them:
        named[_place(library, library.name)].add(reference(library))
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for library in all_of_them:
        if library.relation is Relation.DIRECT:
            found[root][reference(library)] = None
        way = [_only(named, library, name) for name in library.via]
        for one, other in pairwise([*way, reference(library)] if way else ()):
            if one and other and one != other:
                found[one][other] = None
    return {one: list(others) for one, others in found.items()}


def _only(named: _Named, library: Library, name: str) -> str:
    there = named.get(_place(library, name), set())
    return next(iter(there)) if len(there) == 1 else ""


def _place(library: Library, name: str) -> tuple[str, str, str]:
    return library.path, library.ecosystem, normal(library.ecosystem, name)
