"""Python's lock files in TOML: poetry, uv, pdm, and the common one.

Formats: https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock, https://docs.astral.sh/uv,
https://pdm-project.org, https://packaging.python.org/specifications/pylock-toml/. uv names the repository's own
packages with all that they ask for; for the others `pyproject.toml` says what is direct.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, NamedTuple

from keyhole.scanners.dependencies.documents import objects, toml_in, word, words
from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.manifests import Wanted, python_wanted
from keyhole.scanners.dependencies.names import normal
from keyhole.scanners.dependencies.package import (
    NONE,
    UNKNOWN,
    Lines,
    Malformed,
    Manifests,
    Package,
    Packages,
    Standing,
    is_archive,
    leaves,
)
from keyhole.scanners.lazily import pattern

NAMES = ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "pylock.*.toml")
MANIFESTS = ("pyproject.toml",)
_OWN = ("editable", "virtual", "directory")
_NAME = pattern(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_MOST_ALIKE = 20
"""Packages of one name that may be meant where a file does not say which version; who has more made it up."""
_MAIN = frozenset({"main", "default"})
_Node = tuple[int, str]
"""A package by its place in the file, and one of its extras; an empty text for the package without any."""


class _Asked(NamedTuple):
    """What is asked for, with as much as the file gives."""

    name: str
    version: str = ""
    extras: tuple[str, ...] = ()


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """Packages with their versions; those of the repository's own folders are none."""
    document = toml_in(content)
    if "distribution" in document:
        raise Malformed("in the form of early versions of uv")
    lines = Lines(content)
    entries = [*objects(document.get("package")), *objects(document.get("packages"))]
    told = python_wanted(manifests)
    standing = _standings(entries, _table(document.get("manifest")), told)
    for place, entry in enumerate(entries):
        name = word(entry.get("name"))
        line = lines.of(f'name = "{name}"')
        folder = _folder(entry)
        if name and (folder is None or leaves(folder)):
            known = standing.get((place, ""), UNKNOWN)
            dev = _for_developing(entry, known, told)
            version = word(entry.get("version")) if folder is None else ""
            yield Package(
                "PyPI",
                name,
                version,
                line,
                dev,
                relation=known.relation,
                via=known.via,
                folder=folder or "",
            )


def _for_developing(entry: dict[str, Any], known: Standing, told: Wanted | None) -> bool:
    """By what asks for it, and by the groups that poetry and pdm note, of which some may be extras of the project."""
    groups = words(entry.get("groups")) if isinstance(entry.get("groups"), list) else []
    if groups:
        return _MAIN.isdisjoint(groups) and (known.dev or told is None)
    return known.dev or entry.get("category") == "dev"


def _folder(entry: dict[str, Any]) -> str | None:
    """The folder that it is built from; None for what comes from an index, from git or from an archive."""
    if "directory" in entry:
        told = entry["directory"]
        return word(told.get("path")) if isinstance(told, dict) else ""
    source = entry.get("source")
    if not isinstance(source, dict):
        place = word(entry.get("path"))  # as PDM writes it
        return place if place and not is_archive(place) else None
    if source.get("type") == "directory":
        return word(source.get("url"))
    return next((word(source[key]) for key in _OWN if key in source), None)


def _is_of_uv(entry: dict[str, Any]) -> bool:
    """Whether a package of the repository is told as uv does, which leaves none out."""
    source = entry.get("source")
    return isinstance(source, dict) and any(key in source for key in _OWN)


def _standings(
    entries: list[dict[str, Any]], manifest: dict[str, Any], wanted: Wanted | None
) -> dict[_Node, Standing]:
    places: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        places.setdefault(normal("PyPI", word(entry.get("name"))), []).append(place)

    def found(asked: Iterable[_Asked]) -> list[_Node]:
        return [
            (place, extra)
            for each in asked
            for place in places.get(each.name, ())[:_MOST_ALIKE]
            if not each.version or each.version == entries[place].get("version")
            for extra in ("", *each.extras)
        ]

    asks = {(place, ""): found(_asked(entry.get("dependencies"))) for place, entry in enumerate(entries)}
    extras = {
        (place, extra): found(_asked(told))
        for place, entry in enumerate(entries)
        for extra, told in _table(entry.get("optional-dependencies")).items()
    }
    own = [entry for entry in entries if _folder(entry) is not None]
    # uv notes here what the root of a workspace asks for that is no project itself: groups for developing alone.
    root = [*_asked(manifest.get("requirements")), *_grouped(manifest, "dependency-groups")]
    direct: list[_Node] | None = None
    developing: list[_Node] = []
    if root or any("dependencies" in each or "dev-dependencies" in each for each in own):
        mine = (_asked(each.get("dependencies")) + _grouped(each, "optional-dependencies") for each in own)
        direct = found(chain.from_iterable(mine))
        developing = found(chain(root, *(_grouped(each, "dev-dependencies") for each in own)))
    if wanted is not None and not any(map(_is_of_uv, own)):
        direct = [*(direct or ()), *found(map(_Asked, wanted.direct))]
        developing += found(map(_Asked, wanted.developing))
    named = {*chain(direct or (), developing, *asks.values(), *extras.values())}
    for node, asked in extras.items():
        if node not in named:  # whoever asks for it does not say so: it may be each who asks for the package
            asks[node[0], ""] += asked
    return standings(asks | extras, lambda node: word(entries[node[0]].get("name")), direct, developing)


def _table(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _grouped(table: dict[str, Any], kind: str) -> list[_Asked]:
    return [each for group in _table(table.get(kind)).values() for each in _asked(group)]


def _asked(found: object) -> list[_Asked]:
    """What a table by name, a list of tables, or a list of requirements asks for."""
    if isinstance(found, dict):
        return [_Asked(normal("PyPI", name)) for name in found]
    asked = []
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            # Between packages it is `extra`, and `extras` in what the repository asks for.
            extras = words(each.get("extra")) or words(each.get("extras"))
            asked.append(
                _Asked(normal("PyPI", word(each.get("name"))), word(each.get("version")), (*extras,))
            )
        elif match := _NAME.match(word(each)):
            asked.append(_Asked(normal("PyPI", match[1])))
    return asked
