"""pnpm's lock files, from version 5 to 9.

Formats: https://github.com/pnpm/spec/tree/master/lockfile. A package is a key under `packages`: `/name/1.0.0_peers` at
first, `/name@1.0.0(peers)` since version 6, and the same without a slash since version 9, where what it asks for stands
under `snapshots`, once for each choice of peers. What the repository asks for stands under `importers`, or at the top.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.outline import entries
from keyhole.scanners.dependencies.package import UNKNOWN, Malformed, Package, Packages, is_archive
from keyhole.scanners.lazily import pattern

NAMES = ("pnpm-lock.yaml", "pnpm-lock.*.yaml")
_NAME = r"(?P<name>(?:@[^/@]+/)?[^/@]+)"
_AT = pattern(rf"/?{_NAME}@(?P<version>[^()]+)(?:\(.*)?")
_SLASH = pattern(rf"(?:[^/@.]++\.[^/@]*+)?/{_NAME}/(?P<version>[0-9][^/_()]*)(?:[/_(].*)?")
_OF_THE_REPOSITORY = ("file:", "link:", "workspace:")
_ASKS = frozenset({"dependencies", "optionalDependencies"})
_DEVELOPING = "devDependencies"


@dataclass(slots=True)
class _Entry:
    name: str
    version: str
    line: int
    dev: bool | None = None
    """As the file says, which it does until version 6."""
    packed: bool = False
    """Whether it is packed in a file of the repository; its version then stands below it."""


@dataclass(slots=True)
class _Lock:
    """What was read so far."""

    packages: dict[str, _Entry | None] = field(default_factory=dict)
    asks: dict[str, list[str]] = field(default_factory=dict)
    direct: list[str] = field(default_factory=list)
    developing: list[str] = field(default_factory=list)
    known: bool = False
    asked_for: bool = False

    def note(self, line: int, keys: tuple[str, ...], value: str) -> None:
        """Takes one line of the file."""
        match keys:
            case ("lockfileVersion",):
                self.known = True
            case ("packages",) if value not in {"", "{}"}:
                raise Malformed("packages are not in the layout that pnpm writes")
            case ("packages", key):
                self.packages[_plain(key)] = _package(key, line)
            case ("packages", key, told):
                self._told(self.packages.get(_plain(key)), told, value)
            case ("packages" | "snapshots", key, kind, name) if kind in _ASKS:
                self.asks.setdefault(_plain(key), []).extend(_keys(name, value))
            case ("importers", _, kind, name):
                self._wanted(kind, name, value)
            case ("importers", _, kind, name, "version"):
                self._wanted(kind, name, value)
            case (kind, name) | (kind, name, "version"):
                self._wanted(kind, name, value)

    def _told(self, package: _Entry | None, told: str, value: str) -> None:
        if package is None:
            return
        if told == "dev":
            package.dev = value == "true"
        elif (
            told == "name" and not package.version and value
        ):  # those that are not of a registry have it there
            package.name = value
        elif told == "version" and package.packed:
            package.version = value

    def _wanted(self, kind: str, name: str, value: str) -> None:
        if kind in _ASKS or kind == _DEVELOPING:
            self.asked_for = True
            (self.developing if kind == _DEVELOPING else self.direct).extend(_keys(name, value))


def read(content: bytes) -> Packages:
    """Every package with its version; those of git and of addresses come without one."""
    lock = _Lock()
    for number, keys, value in entries(content):
        lock.note(number, keys, value)
    if not lock.known:
        raise Malformed("not a lock file of pnpm")
    packages = {key: entry for key, entry in lock.packages.items() if entry is not None}

    def locked(keys: Iterable[str]) -> list[str]:
        return [key for key in keys if key in packages]

    asks = {key: locked(lock.asks.get(key, ())) for key in packages}
    direct = locked(lock.direct) if lock.asked_for else None
    standing = standings(asks, lambda key: packages[key].name, direct, locked(lock.developing))
    for key, entry in packages.items():
        known = standing.get(key, UNKNOWN)
        dev = known.dev if entry.dev is None else entry.dev
        yield Package(
            "npm", entry.name, entry.version, entry.line, dev, relation=known.relation, via=known.via
        )


def _plain(key: str) -> str:
    """Without the choice of peers, of which there may be several for one package."""
    return key.partition("(")[0].removeprefix("/")


def _keys(name: str, value: str) -> list[str]:
    """The keys that a package may have that is asked for by this name and this version."""
    if not value or _is_folder(value):
        return []
    plain = _plain(value)
    # In that order: as it is told, under another name than its own, and since version 6 and until version 5.
    return [plain, f"{name}@{plain}", f"{name}/{plain}"]


def _is_folder(place: str) -> bool:
    return place.startswith(_OF_THE_REPOSITORY) and not is_archive(place.partition("(")[0])


def _package(key: str, line: int) -> _Entry | None:
    if _is_folder(key):
        return None
    match = _SLASH.fullmatch(key) or _AT.fullmatch(key)
    if match is None:
        return _Entry(key, "", line, packed=key.startswith(_OF_THE_REPOSITORY))
    version = match["version"]
    if version.startswith(_OF_THE_REPOSITORY):
        return None if _is_folder(version) else _Entry(match["name"], "", line, packed=True)
    return _Entry(match["name"], "" if re.search(r"[:/]", version) else version, line)
