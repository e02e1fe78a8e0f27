"""Swift's lock file, of all versions."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import swift_resolved
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample, told


def test_the_first_version():
    assert named(swift_resolved.read, sample("swift_resolved.v1")) == [
        ("SwiftURL", "github.com/apple/swift-nio", "2.29.0"),
        ("SwiftURL", "github.com/owner/Branch", ""),
    ]


def test_the_later_versions():
    assert named(swift_resolved.read, sample("swift_resolved.v3")) == [
        ("SwiftURL", "github.com/apple/swift-nio", "2.29.0"),
        ("SwiftURL", "mona.linkedlist", ""),
    ]


def test_another_document_is_none():
    with pytest.raises(Malformed):
        list(swift_resolved.read(b"{}"))


LOCK = sample("swift_resolved.v3").decode()
MANIFEST = """\
// swift-tools-version:5.7
import PackageDescription
let package = Package(
    name: "own",
    dependencies: [
        .package(name: "nio", url: "https://github.com/Apple/swift-nio.git", from: "2.29.0"), // not https://x.org/a
        .package(path: "../own"),
        %s
    ],
    targets: [.target(name: "own", dependencies: [.product(name: "NIO", package: "nio")])]
)
"""


@pytest.mark.parametrize(
    ("more", "rest"),
    [
        ("", "transitive"),
        ('// .package(url: "https://x.org/" + name),', "transitive"),
        ('.package(id: "mona.LinkedList", from: "1.0.0"),', "direct"),
        ('.package(url: "https://x.org/" + name, from: "1.0.0"),', "unknown"),
        ('.package(url: base, from: "1.0.0"),', "unknown"),
        ('.package(url: "https://x.org/\\(name)", from: "1.0.0"),', "unknown"),
    ],
)
def test_what_the_manifest_names_is_direct(more, rest):
    assert told(swift_resolved.read, LOCK, **{"Package.swift": MANIFEST % more}) == {
        "github.com/apple/swift-nio 2.29.0": "direct",
        "mona.linkedlist ": rest,
    }


def test_without_a_manifest_that_can_be_read_nothing_is_known():
    assert set(told(swift_resolved.read, LOCK).values()) == {"unknown"}
    assert set(told(swift_resolved.read, LOCK, **{"Package.swift": "let package = made()"}).values()) == {
        "unknown"
    }
