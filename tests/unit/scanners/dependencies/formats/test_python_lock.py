"""Python's lock files in TOML."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import python_lock
from tests.unit.scanners.dependencies.formats.named import named


def test_python_locks():
    text = """
[[package]]
name = "flask"
version = "2.0.1"
[[package]]
name = "own"
version = "0.1"
source = { editable = "." }
[[packages]]
name = "jinja2"
version = "3.0"
"""
    assert named(python_lock.read, text) == [("PyPI", "flask", "2.0.1"), ("PyPI", "jinja2", "3.0")]
