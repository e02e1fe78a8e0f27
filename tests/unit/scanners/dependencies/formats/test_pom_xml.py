"""Maven's project files."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import pom_xml
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_declared_packages_with_the_files_own_properties():
    content = sample("pom_xml")
    assert named(pom_xml.read, content) == [
        ("Maven", "org.springframework:spring-core", "5.0.0"),
        ("Maven", "com.fasterxml:jackson", "2.9.0"),
        ("Maven", "org.springframework:spring-core", ""),
        ("Maven", "junit:junit", "4.12"),
        ("Maven", "org.example:sibling", "1.0.0"),
        ("Maven", "org.example:ranged", ""),
        ("Maven", "org.example:elsewhere", ""),
        ("Maven", "org.example:round", ""),
        ("Maven", "org.example:newest", ""),
        ("Maven", "${unknown}:whose", ""),
        ("Maven", "org.apache.maven.plugins:maven-shade-plugin", "3.2.0"),
    ]
    found = list(pom_xml.read(content))
    assert [each.name for each in found if each.managed] == ["org.springframework:spring-core"]
    assert [each.name.partition(":")[2] for each in found if each.dev] == ["junit", "maven-shade-plugin"]


def test_another_kind_of_document_is_none():
    with pytest.raises(Malformed):
        list(pom_xml.read(b"<settings/>"))
