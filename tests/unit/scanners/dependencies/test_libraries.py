"""What the inventory keeps of a package."""

from __future__ import annotations

from keyhole.core.library import Library, Relation
from keyhole.scanners.dependencies.libraries import library
from keyhole.scanners.dependencies.package import Package


def test_everything_that_the_file_says_is_kept():
    package = Package(
        "npm",
        "@a/b",
        "1.0.0",
        7,
        dev=True,
        relation=Relation.TRANSITIVE,
        via=("c",),
        licences=("MIT", "x" * 500),
    )
    assert library(b"web/package-lock.json", package) == Library(
        purl="pkg:npm/%40a/b@1.0.0",
        ecosystem="npm",
        name="@a/b",
        version="1.0.0",
        path="web/package-lock.json",
        line=7,
        relation=Relation.TRANSITIVE,
        dev=True,
        via=("c",),
        licences=("MIT", "x" * 200),
    )


def test_a_package_url_that_the_file_gives_is_its_own():
    package = Package("other ecosystems", "x", "1", purl="pkg:deb/debian/x@1")
    assert library(b"bom.json", package).purl == "pkg:deb/debian/x@1"


def test_hostile_texts_are_escaped():
    found = library(b"\xff", Package("npm", "a\nb", "\x1b", via=("\u202e",), licences=("\x00",)))
    assert (found.path, found.name, found.via, found.licences) == ("\\xff", "a b", ("\\u202e",), ("\\u0000",))
