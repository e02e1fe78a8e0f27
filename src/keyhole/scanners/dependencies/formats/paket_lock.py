"""Paket's lock file. Format: https://fsprojects.github.io/Paket/lock-file.html."""

from __future__ import annotations

import re

from keyhole.scanners.dependencies.package import Malformed, Package, Packages, text_of

NAMES = ("paket.lock",)
_SPEC = re.compile(r" {4}(\S++) \(([^()\s]++)\)(?: .*)?")
_SECTIONS = frozenset({"NUGET", "GITHUB", "GIT", "HTTP", "GIST"})


def read(content: bytes) -> Packages:
    """The packages of servers, in all groups; files of repositories are none."""
    section, known = "", False
    for number, line in enumerate(text_of(content).splitlines(), 1):
        if line and not line.startswith(" "):
            section = line.strip()
            known = known or section in _SECTIONS
        match = _SPEC.fullmatch(line.rstrip()) if section == "NUGET" else None
        if match:
            yield Package("NuGet", match[1], match[2], number)
    if section and not known:
        raise Malformed("not a lock file of Paket")
