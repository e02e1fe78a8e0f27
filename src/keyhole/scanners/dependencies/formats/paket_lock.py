"""Paket's lock file. Format: https://fsprojects.github.io/Paket/lock-file.html.

What is direct, `paket.dependencies` says.
"""

from __future__ import annotations

from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.manifests import paket_wanted
from keyhole.scanners.dependencies.package import (
    NONE,
    UNKNOWN,
    Malformed,
    Manifests,
    Package,
    Packages,
    text_of,
)
from keyhole.scanners.lazily import pattern

NAMES = ("paket.lock",)
MANIFESTS = ("paket.dependencies",)
_SPEC = pattern(r" {4}(\S++) \(([^()\s]++)\)(?: .*)?")
_ASKED = pattern(r" {6}(\S++)(?: .*)?")
_SECTIONS = frozenset({"NUGET", "GITHUB", "GIT", "HTTP", "GIST"})


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """The packages of servers, in all groups; files of repositories are none."""
    section, known = "", False
    found: list[tuple[str, str, int]] = []
    asks: dict[str, list[str]] = {}
    for number, line in enumerate(text_of(content).splitlines(), 1):
        if line and not line.startswith(" "):
            section = line.strip()
            known = known or section in _SECTIONS
        elif section == "NUGET" and (spec := _SPEC.fullmatch(line.rstrip())):
            found.append((spec[1], spec[2], number))
            latest = asks.setdefault(spec[1].lower(), [])
        elif section == "NUGET" and found and (asked := _ASKED.fullmatch(line.rstrip())):
            latest.append(asked[1].lower())
    if section and not known:
        raise Malformed("not a lock file of Paket")
    wanted = paket_wanted(manifests)
    spelled = {name.lower(): name for name, _, _ in found}
    standing = standings(
        {low: [each for each in asked if each in spelled] for low, asked in asks.items()},
        spelled.__getitem__,
        None if wanted is None else filter(spelled.__contains__, wanted.direct),
    )
    for name, version, at in found:
        each = standing.get(name.lower(), UNKNOWN)
        yield Package("NuGet", name, version, at, relation=each.relation, via=each.via)
