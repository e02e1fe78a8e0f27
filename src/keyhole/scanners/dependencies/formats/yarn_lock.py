"""Yarn's lock files: the first version's own form, and the later ones', which looks like YAML.

Formats: https://classic.yarnpkg.com/en/docs/yarn-lock/ and https://yarnpkg.com/configuration/manifest.
"""

from __future__ import annotations

import re

from keyhole.scanners.dependencies.package import Malformed, Package, Packages, text_of

NAMES = ("yarn.lock",)
_HEAD = re.compile(r'"?((?:@[^/@"]+/)?[^@"/]+)@([^"]*+).*')
_VERSION = re.compile(r'  version:? "?([^"\s]+)"?$')
_LOCAL = ("workspace:", "file:", "link:", "portal:", "git", "http")


def read(content: bytes) -> Packages:
    """Every entry with its version."""
    text = text_of(content)
    if "yarn lockfile" not in text[:400] and "__metadata" not in text[:1000]:
        raise Malformed("not a lock file of Yarn")
    name, wanted, start = "", "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if line.endswith(":") and (head := _HEAD.match(line[:-1])):
            name, wanted, start = head[1], head[2], number
        elif name and (version := _VERSION.match(line)):
            if not wanted.removeprefix("npm:").startswith(_LOCAL):
                alias = re.match(r"npm:((?:@[^/]+/)?[^@]+)@", wanted)
                yield Package("npm", alias[1] if alias else name, version[1], start)
            name = ""
