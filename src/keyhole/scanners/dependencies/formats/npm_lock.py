"""npm's lock files, of all three versions.

Format: https://docs.npmjs.com/cli/configuring-npm/package-lock-json. The newer versions say everything of themselves,
the first one says what the repository itself asks for in `package.json` alone.
"""

from __future__ import annotations

from typing import Any

from keyhole.scanners.dependencies.documents import as_object, json_in, licences, word, words
from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.manifests import npm_wanted
from keyhole.scanners.dependencies.package import (
    NONE,
    UNKNOWN,
    Lines,
    Manifests,
    Package,
    Packages,
    is_archive,
    leaves,
)

NAMES = ("package-lock.json", "npm-shrinkwrap.json")
MANIFESTS = ("package.json",)
_FOLDER = "node_modules/"
_DEEPEST = 50
"""Folders above a package in which npm's own rule looks for what it asks for, here."""
_ASKS = ("dependencies", "optionalDependencies", "peerDependencies")


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """Packages from the registry; those of the repository itself, linked or bundled from a file, are not."""
    document = json_in(content)
    lines = Lines(content)
    if packages := as_object(document.get("packages", {})):
        yield from _flat(packages, lines)
    else:
        yield from _nested(as_object(document.get("dependencies", {})), lines, manifests)


def _flat(packages: dict[str, Any], lines: Lines) -> Packages:
    entries = {place: as_object(entry) for place, entry in packages.items()}
    asks = {place: _resolved(entries, place, _ASKS) for place in entries}
    own = [place for place, entry in entries.items() if _FOLDER not in place and not entry.get("link")]
    direct = [each for place in own for each in asks[place]]
    developing = [each for place in own for each in _resolved(entries, place, ("devDependencies",))]

    def named(place: str) -> str:
        return word(entries[place].get("name")) or place.rpartition(_FOLDER)[2]

    standing = standings(asks, named, direct, developing)
    for place, entry in entries.items():
        if entry.get("link"):
            if leaves(folder := word(entry.get("resolved"))):
                yield Package("npm", named(place), "", lines.of(f'"{place}"'), folder=folder)
        elif _FOLDER in place:
            known = standing.get(place, UNKNOWN)
            yield Package(
                "npm",
                named(place),
                _version(entry),
                lines.of(f'"{place}"'),
                bool(entry.get("dev")),
                relation=known.relation,
                via=known.via,
                licences=licences(entry.get("license", entry.get("licenses"))),
            )


def _resolved(entries: dict[str, dict[str, Any]], place: str, kinds: tuple[str, ...]) -> list[str]:
    """Where the packages are that the one at this place asks for: in its own folder, or in one above it."""
    wanted = [name for kind in kinds for name in words(entries[place].get(kind))]
    if not wanted:
        return []
    above = [f"{place}/{_FOLDER}" if place else _FOLDER]
    while place and len(above) < _DEEPEST:
        place = place[: max(place.rfind(f"/{_FOLDER}"), 0)]
        above.append(f"{place}/{_FOLDER}" if place else _FOLDER)
    found = []
    for name in wanted:
        at = next((folder + name for folder in above if folder + name in entries), None)
        if at is not None:
            link = entries[at]
            target = word(link.get("resolved"))
            found.append(target if link.get("link") and target in entries else at)
    return found


class _Entry:
    """One package of the first version's form, and where it is nested."""

    __slots__ = ("above", "below", "line", "name", "told", "version")

    def __init__(self, name: str, told: dict[str, Any], above: _Entry | None, line: int) -> None:
        version = word(told.get("version"))
        if version.startswith("npm:"):  # installed under another name
            name, _, version = version.removeprefix("npm:").rpartition("@")
        self.name, self.version, self.told, self.above, self.line = name, version, told, above, line
        self.below: dict[str, _Entry] = {}

    def resolve(self, name: str, top: dict[str, _Entry]) -> _Entry | None:
        """What this name means for it: what is nested in it, or in one around it."""
        around: _Entry | None = self
        for _ in range(_DEEPEST):
            if around is None:
                break
            if name in around.below:
                return around.below[name]
            around = around.above
        return top.get(name)


def _nested(dependencies: dict[str, Any], lines: Lines, manifests: Manifests) -> Packages:
    top: dict[str, _Entry] = {}
    entries: list[_Entry] = []
    # A stack of its own: the file says how deep this goes.
    stack: list[tuple[str, Any, _Entry | None]] = [(*each, None) for each in reversed(dependencies.items())]
    while stack:
        name, told, above = stack.pop()
        entry = _Entry(name, as_object(told), above, lines.of(f'"{name}"'))
        (top if above is None else above.below)[name] = entry
        entries.append(entry)
        below = as_object(entry.told.get("dependencies", {}))
        stack.extend((*each, entry) for each in reversed(below.items()))
    asks = {
        entry: [
            found
            for name in words(entry.told.get("requires"))
            if (found := entry.resolve(name, top)) is not None
        ]
        for entry in entries
    }
    wanted = npm_wanted(manifests)
    direct = None if wanted is None else [top[name] for name in wanted.direct if name in top]
    developing = () if wanted is None else [top[name] for name in wanted.developing if name in top]
    standing = standings(asks, lambda entry: entry.name, direct, developing)
    for entry in entries:
        folder = entry.version.removeprefix("file:") if entry.version.startswith("file:") else ""
        folder = "" if is_archive(folder) else folder
        if folder and not leaves(folder):
            continue
        known = standing.get(entry, UNKNOWN)
        dev = bool(entry.told.get("dev"))
        version = _version({"version": entry.version})
        yield Package(
            "npm",
            entry.name,
            version,
            entry.line,
            dev,
            relation=known.relation,
            via=known.via,
            folder=folder,
        )


def _version(entry: dict[str, Any]) -> str:
    version = word(entry.get("version"))
    return "" if ":" in version or "/" in version else version
