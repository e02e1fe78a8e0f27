"""Bun's lock file in text form: JSON with comments and commas at the end of lists.

Format: https://bun.sh/docs/install/lockfile. The older form, `bun.lockb`, is binary and not read.
"""

from __future__ import annotations

import re

from keyhole.scanners.dependencies.documents import as_object, json_in, word
from keyhole.scanners.dependencies.package import Lines, Malformed, Package, Packages, text_of

NAMES = ("bun.lock",)
_LOOSE = re.compile(r'("(?:[^"\\]++|\\.)*+"?)|//[^\n]*+|/\*.*?(?:\*/|\Z)|,(?=\s*+[}\]])', re.DOTALL)
_RESOLVED = re.compile(r"((?:@[^/@]+/)?[^/@]+)@(.+)", re.DOTALL)
_OWN = ("workspace:", "link:", "file:", "root:")


def read(content: bytes) -> Packages:
    """Every package with its version; those of git and of addresses come without one."""
    plain = _LOOSE.sub(lambda match: match[1] or "", text_of(content))
    packages = as_object(json_in(plain.encode()).get("packages", {}))
    lines = Lines(content)
    for key, entry in packages.items():
        if not isinstance(entry, list) or not entry:
            raise Malformed("not of the documented form")
        match = _RESOLVED.fullmatch(word(entry[0]))
        if match is None:
            raise Malformed("not of the documented form")
        version = match[2]
        if not version.startswith(_OWN):
            line = lines.of(f'"{key}": [')
            yield Package("npm", match[1], "" if re.search(r"[:/]", version) else version, line)
