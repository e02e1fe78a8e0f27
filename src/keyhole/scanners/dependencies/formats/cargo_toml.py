"""Cargo's manifest. Format: https://doc.rust-lang.org/cargo/reference/manifest.html."""

from __future__ import annotations

from keyhole.scanners.dependencies.declared import declared
from keyhole.scanners.dependencies.manifests import cargo_wanted
from keyhole.scanners.dependencies.package import Packages
from keyhole.scanners.lazily import pattern

NAMES = ("Cargo.toml",)
_EXACT = pattern(r"=\s*([0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?)")
"""A version without a sign means itself or a later one that is compatible."""


def read(content: bytes) -> Packages:
    """What it asks for; what comes from a folder or from the workspace is asked for elsewhere."""
    yield from declared("crates.io", content, cargo_wanted({"Cargo.toml": [content]}), _EXACT)
