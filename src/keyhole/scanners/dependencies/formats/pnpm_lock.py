"""pnpm's lock files, from version 5 to 9.

Formats: https://github.com/pnpm/spec/tree/master/lockfile. A package is a key under `packages`: `/name/1.0.0_peers` at
first, `/name@1.0.0(peers)` since version 6, and the same without a slash since version 9.
"""

from __future__ import annotations

import re
from dataclasses import replace

from keyhole.scanners.dependencies.outline import entries
from keyhole.scanners.dependencies.package import Malformed, Package, Packages

NAMES = ("pnpm-lock.yaml", "pnpm-lock.*.yaml")
_NAME = r"(?P<name>(?:@[^/@]+/)?[^/@]+)"
_AT = re.compile(rf"/?{_NAME}@(?P<version>[^()]+)(?:\(.*)?")
_SLASH = re.compile(rf"(?:[^/@.]++\.[^/@]*+)?/{_NAME}/(?P<version>[0-9][^/_()]*)(?:[/_(].*)?")
_OF_THE_REPOSITORY = ("file:", "link:", "workspace:")


def read(content: bytes) -> Packages:
    """Every package of a registry with its version; those of git and of addresses come without one."""
    known = False
    package: Package | None = None
    for number, keys, value in entries(content):
        if keys == ("lockfileVersion",):
            known = True
        elif keys == ("packages",) and value not in {"", "{}"}:
            raise Malformed("packages are not in the layout that pnpm writes")
        elif len(keys) == 2 and keys[0] == "packages":
            if package is not None:
                yield package
            package = _package(keys[1], number)
        elif package is not None and keys[:1] == ("packages",):
            package = _told(package, keys[2:], value)
    if package is not None:
        yield package
    if not known:
        raise Malformed("not a lock file of pnpm")


def _package(key: str, line: int) -> Package | None:
    if key.startswith(_OF_THE_REPOSITORY):
        return None
    match = _SLASH.fullmatch(key) or _AT.fullmatch(key)
    if match is None:
        return Package("npm", key, "", line)
    version = match["version"]
    if version.startswith(_OF_THE_REPOSITORY):
        return None
    return Package("npm", match["name"], "" if re.search(r"[:/]", version) else version, line)


def _told(package: Package, keys: tuple[str, ...], value: str) -> Package:
    """The package with what an entry below it says: packages that are not of a registry have their name there."""
    if keys == ("dev",):
        return replace(package, dev=value == "true")
    if keys == ("name",) and not package.version and value:
        return replace(package, name=value)
    return package
