"""Bundler's lock file. Format: https://bundler.io/man/gemfile.5.html; `GEM` sections hold what comes from a server."""

from __future__ import annotations

import re

from keyhole.scanners.dependencies.package import Package, Packages, text_of

NAMES = ("Gemfile.lock", "gems.locked")
_SPEC = re.compile(r" {4}(\S+) \(([^()\s]+)\)")


def read(content: bytes) -> Packages:
    """The gems that were resolved, without those of git and of folders."""
    section = ""
    for number, line in enumerate(text_of(content).splitlines(), 1):
        if line and not line.startswith(" "):
            section = line.strip()
        match = _SPEC.fullmatch(line.rstrip()) if section == "GEM" else None
        if match:
            # A platform follows the version after a hyphen, and it does not count for advisories.
            yield Package("RubyGems", match[1], match[2].partition("-")[0], number)
