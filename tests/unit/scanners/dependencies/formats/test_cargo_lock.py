"""Cargo's lock file."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import cargo_lock
from tests.unit.scanners.dependencies.formats.named import named


def test_cargo():
    text = """
[[package]]
name = "own"
version = "0.1.0"
[[package]]
name = "serde"
version = "1.0.1"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "forked"
version = "1.0.0"
source = "git+https://example.org/forked?branch=main#0123"
"""
    assert named(cargo_lock.read, text) == [("crates.io", "serde", "1.0.1"), ("crates.io", "forked", "")]
