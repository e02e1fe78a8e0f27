"""Bills of materials: packages by their package URLs."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import sbom
from keyhole.scanners.dependencies.package import Malformed
from keyhole.scanners.dependencies.purl import ELSEWHERE
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_cyclonedx():
    content = sample("sbom.cyclonedx")
    assert named(sbom.read, content) == [
        ("npm", "@scope/a", "1.2.3"),
        ("PyPI", "inner", "2.0"),
        ("npm", "dev", "3.0.0"),
        ("crates.io", "excluded", "4.0.0"),
        (ELSEWHERE, "nameless-origin", ""),
        (ELSEWHERE, "debian/curl", "7.50.3-1"),
    ]
    assert [each.name for each in sbom.read(content) if each.dev] == ["dev", "excluded"]


def test_spdx():
    assert named(sbom.read, sample("sbom.spdx")) == [
        ("Maven", "org.apache:log4j-core", "2.14.1"),
        (ELSEWHERE, "nameless-origin", ""),
    ]
    described = (
        b'{"spdxVersion": "SPDX-2.2", "documentDescribes": ["a"], "packages": [{"SPDXID": "a", "name": "a"}]}'
    )
    assert named(sbom.read, described) == []


def test_a_package_url_that_is_none_leaves_the_others_known():
    content = b'{"bomFormat": "CycloneDX", "components": [{"purl": "npm/a"}, {"purl": "pkg:npm/b@1.0"}]}'
    assert named(sbom.read, content) == [(ELSEWHERE, "npm/a", ""), ("npm", "b", "1.0")]


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"spdxVersion": "SPDX-3.0"}',
        b'{"bomFormat": "CycloneDX", "components": 1}',
        b'{"bomFormat": "CycloneDX", "components": [1]}',
    ],
)
def test_another_form_is_not_passed_over(content):
    with pytest.raises(Malformed):
        list(sbom.read(content))
