"""Cargo's lock file."""

from __future__ import annotations

import pytest

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


SOURCE = 'source = "registry+https://github.com/rust-lang/crates.io-index"'
WORKSPACE = f"""
[[package]]
name = "one"
version = "0.1.0"
dependencies = ["criterion", "tempfile"]
[[package]]
name = "other"
version = "0.1.0"
dependencies = ["criterion"]
[[package]]
name = "criterion"
version = "0.5.0"
{SOURCE}
[[package]]
name = "tempfile"
version = "3.0.0"
{SOURCE}
"""


@pytest.mark.parametrize(
    ("other", "criterion"), [("dependencies", "direct"), ("dev-dependencies", "direct dev")]
)
def test_what_a_workspace_offers_is_asked_for_by_who_takes_it(other, criterion):
    root = '[workspace.dependencies]\nbench = { package = "criterion", version = "0.5" }\ntempfile = "3"\n'
    one = '[dev-dependencies]\ncriterion = "0.5"\ntempfile.workspace = true\n'
    members = [root, one, f"[{other}]\nbench = {{ workspace = true }}\n"]
    manifests = {"Cargo.toml": [each.encode() for each in members]}
    found = cargo_lock.read(WORKSPACE.encode(), manifests)
    marks = {each.name: f"{each.relation.value}{' dev' if each.dev else ''}" for each in found}
    assert marks == {"criterion": criterion, "tempfile": "direct dev"}
