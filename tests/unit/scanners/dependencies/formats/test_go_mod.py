"""Go's module file."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import go_mod
from tests.unit.scanners.dependencies.formats.named import named


def test_go():
    text = """module example.org/tool

go 1.22

toolchain go1.22.5

require (
\texample.org/a v1.0.0
\texample.org/b v1.1.0 // indirect
)
require example.org/c v0.1.0
require example.org/own v0.0.0

replace example.org/b => example.org/fork v1.2.0
replace example.org/own => ./own
"""
    assert named(go_mod.read, text) == [
        ("Go", "stdlib", "1.22.5"),
        ("Go", "example.org/a", "v1.0.0"),
        ("Go", "example.org/fork", "v1.2.0"),
        ("Go", "example.org/c", "v0.1.0"),
    ]


def test_a_folder_that_may_be_outside_is_told_wherever_it_is_replaced():
    replaced = b"replace example.org/a => ../a\nreplace example.org/b => ./b\n"
    text = replaced + b"require (\nexample.org/a v1.0.0\nexample.org/b v1.0.0\n)\n"
    (package,) = go_mod.read(text)
    assert (package.name, package.version, package.folder) == ("example.org/a", "", "../a")
