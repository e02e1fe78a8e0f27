"""Cargo's lock file. Format: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html."""

from __future__ import annotations

from keyhole.scanners.dependencies.documents import objects, toml_in, word
from keyhole.scanners.dependencies.package import Lines, Package, Packages

NAMES = ("Cargo.lock",)


def read(content: bytes) -> Packages:
    """Packages that come from a registry; those without a source are the repository's own."""
    lines = Lines(content)
    for entry in objects(toml_in(content).get("package")):
        name = word(entry.get("name"))
        line = lines.of(f'name = "{name}"')
        if word(entry.get("source")).startswith(("registry+", "sparse+")):
            yield Package("crates.io", name, word(entry.get("version")), line)
