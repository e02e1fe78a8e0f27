"""Package URLs become the names that advisories use."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.package import Malformed
from keyhole.scanners.dependencies.purl import ELSEWHERE, named, written


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:npm/left-pad@1.3.0", ("npm", "left-pad", "1.3.0")),
        ("pkg:npm/%40scope/a@1.0.0?vcs_url=git%2Bhttps://x@y#src", ("npm", "@scope/a", "1.0.0")),
        ("pkg:npm/@scope/a@1.0.0", ("npm", "@scope/a", "1.0.0")),
        ("pkg:maven/org.apache/log4j-core@2.14.1?type=jar", ("Maven", "org.apache:log4j-core", "2.14.1")),
        ("pkg:pypi/django@4.2", ("PyPI", "django", "4.2")),
        ("pkg:golang/example.org/a/b/v2@v2.0.0", ("Go", "example.org/a/b/v2", "v2.0.0")),
        ("pkg:cargo/serde@1.0.1%2Bbuild", ("crates.io", "serde", "1.0.1+build")),
        ("pkg:cocoapods/NSData%2BZip@1.0#Twitter", ("CocoaPods", "NSData+Zip", "1.0")),
        ("pkg:composer/a/b@1.0", ("Packagist", "a/b", "1.0")),
        ("pkg:gem/rails@7.0.1", ("RubyGems", "rails", "7.0.1")),
        ("pkg:NuGet/Newtonsoft.Json@12.0.1", ("NuGet", "Newtonsoft.Json", "12.0.1")),
        ("pkg:hex/plug@1.11.1", ("Hex", "plug", "1.11.1")),
        ("pkg:pub/args@2.4.2", ("Pub", "args", "2.4.2")),
        ("pkg:swift/github.com/apple/swift-nio@2.29.0", ("SwiftURL", "github.com/apple/swift-nio", "2.29.0")),
        ("pkg:githubactions/actions/cache@v3.0.1", ("GitHub Actions", "actions/cache", "v3.0.1")),
        ("pkg:deb/debian/curl@7.50.3-1?arch=i386", (ELSEWHERE, "debian/curl", "7.50.3-1")),
        ("pkg:pypi/django", ("PyPI", "django", "")),
    ],
)
def test_named(purl, expected):
    assert named(purl) == expected


@pytest.mark.parametrize(
    "purl", ["", "npm/a@1", "pkg:npm", "pkg:npm/", "pkg:1/a@1", "pkg:npm/a@", "pkg:npm/" + "a" * 1000]
)
def test_what_is_none_is_malformed(purl):
    with pytest.raises(Malformed):
        named(purl)


@pytest.mark.parametrize(
    ("package", "purl"),
    [
        (("npm", "@scope/a", "1.0.0"), "pkg:npm/%40scope/a@1.0.0"),
        (("Maven", "org.apache:log4j-core", "2.14.1"), "pkg:maven/org.apache/log4j-core@2.14.1"),
        (("PyPI", "My_Tool", "1!2.0+local"), "pkg:pypi/my-tool@1%212.0%2Blocal"),
        (("Go", "example.org/a/b/v2", "v2.0.0"), "pkg:golang/example.org/a/b/v2@v2.0.0"),
        (("NuGet", "Newtonsoft.Json", ""), "pkg:nuget/Newtonsoft.Json"),
        (("GitHub Actions", "Actions/Cache", "v3.0.1"), "pkg:githubactions/actions/cache@v3.0.1"),
        (("CocoaPods", "NSData+Zip", "1.0"), "pkg:cocoapods/NSData%2BZip@1.0"),
        ((ELSEWHERE, "curl", "1"), ""),
        (("npm", "", "1"), ""),
        (("Maven", "no-group", "1"), "pkg:maven/no-group@1"),
    ],
)
def test_written(package, purl):
    assert written(*package) == purl
    if purl and package[0] not in {"PyPI", "GitHub Actions"}:
        assert named(purl) == package
