"""Swift's lock file, of all versions."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import swift_resolved
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


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
