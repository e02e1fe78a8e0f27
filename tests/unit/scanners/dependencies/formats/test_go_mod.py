"""Go's module file."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import go_mod
from keyhole.scanners.dependencies.package import Malformed
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
    text = b"module m\n" + replaced + b"require (\nexample.org/a v1.0.0\nexample.org/b v1.0.0\n)\n"
    (package,) = go_mod.read(text)
    assert (package.name, package.version, package.folder) == ("example.org/a", "", "../a")


@pytest.mark.parametrize(
    ("replaced", "used"),
    [
        ("a v1.0.0 => fork v2.0.0", ("fork", "v2.0.0")),
        ("a v1.1.0 => fork v2.0.0", ("a", "v1.0.0")),
        ("a => every v3.0.0\nreplace a v1.0.0 => fork v2.0.0", ("fork", "v2.0.0")),
        ("a => every v3.0.0\nreplace a v1.1.0 => fork v2.0.0", ("every", "v3.0.0")),
        ('"a" => `fork` "v2.0.0"', ("fork", "v2.0.0")),
    ],
)
def test_a_replacement_counts_for_the_version_that_it_names(replaced, used):
    assert named(go_mod.read, f"module m\nrequire a v1.0.0\nreplace {replaced}\n") == [("Go", *used)]


@pytest.mark.parametrize(
    "text", ["a", "module m\nrequire (\n<<<<<<< HEAD\na v1.0.0\n=======\n>>>>>>> x\n)\n"]
)
def test_what_go_would_not_read_is_told(text):
    with pytest.raises(Malformed):
        named(go_mod.read, text)


def test_an_empty_one_only_marks_a_folder():
    assert named(go_mod.read, "// not part of the module around it\n") == []


@pytest.mark.parametrize(
    ("toolchain", "version"), [("go1.22.7-custom", "1.22.7"), ("go1.23rc1", "1.23rc1"), ("default", "1.22")]
)
def test_a_build_of_its_own_of_a_release_counts_as_that(toolchain, version):
    assert named(go_mod.read, f"module m\ngo 1.22\ntoolchain {toolchain}\n") == [("Go", "stdlib", version)]
