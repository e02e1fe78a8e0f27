"""Swift's lock file, of all three versions.

Format: https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/resolvingpackageversions. OSV knows a package by
its address, without the scheme.
"""

from __future__ import annotations

from keyhole.scanners.dependencies.documents import as_object, json_in, objects, word
from keyhole.scanners.dependencies.lazily import pattern
from keyhole.scanners.dependencies.package import Lines, Malformed, Package, Packages

NAMES = ("Package.resolved",)
_ADDRESS = pattern(r"(?:[a-z+]++://)?(?:[^@/]*+@)?([^/:@]++)(?::[0-9]++)?[/:](.+)")


def read(content: bytes) -> Packages:
    """Pins with a version; those on a branch or without an address have none, and those of a folder are left out."""
    document = json_in(content)
    lines = Lines(content)
    if "pins" not in document and "object" not in document:
        raise Malformed("not a lock file of Swift's packages")
    for pin in objects(document.get("pins", as_object(document.get("object", {})).get("pins"))):
        address = word(pin.get("location")) or word(pin.get("repositoryURL"))
        name = address or word(pin.get("identity"))
        line = lines.of(f'"{name}"')
        if word(pin.get("kind")).startswith("local") or address.startswith(("/", ".", "file:")):
            continue
        match = _ADDRESS.fullmatch(address)
        version = word(as_object(pin.get("state", {})).get("version"))
        if match is None:  # a registry's own name, which no advisory has
            yield Package("SwiftURL", name, "", line)
        else:
            plain = match[2].strip("/").removesuffix(".git")
            yield Package("SwiftURL", f"{match[1]}/{plain}", version, line)
