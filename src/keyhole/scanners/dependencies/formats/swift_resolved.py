"""Swift's lock file, of all three versions.

Format: https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/resolvingpackageversions. OSV knows a package by
its address, without the scheme. Who asks for whom is not in the file; what is direct, `Package.swift` beside it says.
"""

from __future__ import annotations

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.documents import as_object, json_in, objects, word
from keyhole.scanners.dependencies.package import NONE, Lines, Malformed, Manifests, Package, Packages
from keyhole.scanners.dependencies.scripted import swift_asked
from keyhole.scanners.lazily import pattern

NAMES = ("Package.resolved",)
MANIFESTS = ("Package.swift",)
_ADDRESS = pattern(r"(?:[a-z+]++://)?(?:[^@/]*+@)?([^/:@]++)(?::[0-9]++)?[/:](.+)")


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """Pins with a version; those on a branch or without an address have none, and those of a folder are left out."""
    document = json_in(content)
    lines = Lines(content)
    asked = swift_asked(manifests)
    direct = {plain_address(each).lower() for each in asked.names}
    others = Relation.TRANSITIVE if asked.whole else Relation.UNKNOWN
    if "pins" not in document and "object" not in document:
        raise Malformed("not a lock file of Swift's packages")
    for pin in objects(document.get("pins", as_object(document.get("object", {})).get("pins"))):
        address = word(pin.get("location")) or word(pin.get("repositoryURL"))
        name = address or word(pin.get("identity"))
        line = lines.of(f'"{name}"')
        if word(pin.get("kind")).startswith("local") or address.startswith(("/", ".", "file:")):
            continue
        plain = plain_address(name)
        relation = Relation.DIRECT if plain.lower() in direct else others
        version = word(as_object(pin.get("state", {})).get("version"))
        if _ADDRESS.fullmatch(address) is None:  # a registry's own name, which no advisory has
            yield Package("SwiftURL", name, "", line, relation=relation)
        else:
            yield Package("SwiftURL", plain, version, line, relation=relation)


def plain_address(address: str) -> str:
    """Host and path; what is no address stays as it is."""
    match = _ADDRESS.fullmatch(address)
    return f"{match[1]}/{match[2].strip('/').removesuffix('.git')}" if match else address
