"""npm's manifest. Format: https://docs.npmjs.com/cli/configuring-npm/package-json."""

from __future__ import annotations

from keyhole.scanners.dependencies.declared import declared
from keyhole.scanners.dependencies.manifests import npm_wanted
from keyhole.scanners.dependencies.package import Packages
from keyhole.scanners.lazily import pattern

NAMES = ("package.json",)
_EXACT = pattern(r"=?\s*v?([0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?)")


def read(content: bytes) -> Packages:
    """What it asks for; what it only gets along with (`peerDependencies`) is for others to ask for."""
    wanted = npm_wanted({"package.json": [content]}, peers=False)
    yield from declared("npm", content, wanted, _EXACT)
