"""Bundler's lock file. Format: https://bundler.io/man/gemfile.5.html; `GEM` sections hold what comes from a server.

It says what is direct; what of that is for developing, the `Gemfile` says, which is a program and is not run.
"""

from __future__ import annotations

from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.manifests import gem_developing
from keyhole.scanners.dependencies.package import (
    NONE,
    UNKNOWN,
    Malformed,
    Manifests,
    Package,
    Packages,
    leaves,
    text_of,
)
from keyhole.scanners.lazily import pattern

NAMES = ("Gemfile.lock", "gems.locked")
MANIFESTS = ("Gemfile", "gems.rb")
_SPEC = pattern(r" {4}(\S+) \(([^()\s]+)\)")
_ASKED = pattern(r" {6}(\S+)(?: \(.*)?")
_DIRECT = pattern(r" {2}([^\s!]+)!?(?: \(.*)?")
_REMOTE = pattern(r" {2}remote: (.+)")
_SOURCES = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
_SECTION = pattern(r"(?m)^(?:GEM|GIT|PATH|PLUGIN SOURCE|PLATFORMS|DEPENDENCIES)\s*$")
_CONFLICT = pattern(r"(?m)^<<<<<<<")


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """The gems that were resolved: those of git without a version, those of the repository's folders not at all."""
    section = remote = ""
    gems: list[tuple[str, str, int, str]] = []
    asks: dict[str, list[str]] = {}
    direct: list[str] = []
    known = False
    text = text_of(content)
    if text.strip() and (_SECTION.search(text) is None or _CONFLICT.search(text)):
        raise Malformed("not a lock file of Bundler")
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.rstrip()
        if plain and not plain.startswith(" "):
            section = plain
            known = known or section == "DEPENDENCIES"
        elif told := _REMOTE.fullmatch(plain):
            remote = told[1]
        elif section == "DEPENDENCIES" and (wanted := _DIRECT.fullmatch(plain)):
            direct.append(wanted[1])
        elif section in _SOURCES and (spec := _SPEC.fullmatch(plain)):
            latest = asks.setdefault(spec[1], [])
            if section != "PATH" or leaves(remote):
                version = spec[2] if section == "GEM" else ""
                gems.append((spec[1], version, number, remote if section == "PATH" else ""))
        elif section in _SOURCES and asks and (asked := _ASKED.fullmatch(plain)):
            latest.append(asked[1])
    developing = gem_developing(manifests)
    standing = standings(
        asks,
        lambda name: name,
        [name for name in direct if name not in developing] if known else None,
        [name for name in direct if name in developing],
    )
    for name, version, place, folder in gems:
        found = standing.get(name, UNKNOWN)
        # A platform follows the version after a hyphen, and it does not count for advisories.
        exact = version.partition("-")[0]
        yield Package(
            "RubyGems", name, exact, place, found.dev, relation=found.relation, via=found.via, folder=folder
        )
