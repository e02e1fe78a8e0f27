"""CocoaPods' lock file. Format: https://guides.cocoapods.org/using/the-podfile.html.

No advisories are kept of CocoaPods, so that its packages are named and never assessed.
"""

from __future__ import annotations

from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.outline import unquoted
from keyhole.scanners.dependencies.package import UNKNOWN, Malformed, Package, Packages, text_of
from keyhole.scanners.lazily import pattern

NAMES = ("Podfile.lock",)
_POD = pattern(r" {2}- ([^\s(:][^(:]*?)(?: \(([^()]*)\))?:?")
_ASKED = pattern(r" {4}- ([^\s(:][^(:]*?)(?: \(.*\))?")
_DIRECT = pattern(r" {2}- ([^\s(:][^(:]*?)(?: \(.*\))?")


def read(content: bytes) -> Packages:
    """The pods that were resolved, with parts of one (`Firebase/Core`) as the pod that they are of."""
    section, known = "", False
    pods: dict[str, tuple[str, int]] = {}
    asks: dict[str, list[str]] = {}
    direct: list[str] = []
    latest: list[str] = []
    for number, line in enumerate(text_of(content).splitlines(), 1):
        plain = line.rstrip().replace('"', "")
        if plain and not plain.startswith(" "):
            section = plain
            known = known or section == "PODS:"
        elif section == "PODS:" and (pod := _POD.fullmatch(plain)):
            name = _whole(pod[1])
            pods.setdefault(name, (pod[2] or "", number))
            latest = asks.setdefault(name, [])
        elif section == "PODS:" and (asked := _ASKED.fullmatch(plain)):
            latest.append(_whole(asked[1]))
        elif section == "DEPENDENCIES:" and (wanted := _DIRECT.fullmatch(plain)):
            direct.append(_whole(wanted[1]))
    if not known:
        raise Malformed("not a lock file of CocoaPods")
    locked = {name: [each for each in asked if each in pods] for name, asked in asks.items()}
    standing = standings(locked, lambda name: name, [name for name in direct if name in pods] or None)
    for name, (version, line_of) in pods.items():
        found = standing.get(name, UNKNOWN)
        yield Package("CocoaPods", name, version, line_of, relation=found.relation, via=found.via)


def _whole(name: str) -> str:
    return unquoted(name).partition("/")[0].strip()
