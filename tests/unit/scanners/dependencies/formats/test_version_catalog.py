"""Gradle's version catalogs."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import version_catalog
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_libraries_and_plugins():
    content = sample("version_catalog")
    assert named(version_catalog.read, content) == [
        ("Maven", "org.codehaus.groovy:groovy", "3.0.5"),
        ("Maven", "com.google.guava:guava", "30.0-jre"),
        ("Maven", "org.example:short", "1.2.3"),
        ("Maven", "org.example:strict", "1.2.3"),
        ("Maven", "org.example:ranged", ""),
        ("Maven", "org.example:moving", ""),
        ("Maven", "org.example:platform-governed", ""),
        ("Maven", "com.github.ben-manes.versions:com.github.ben-manes.versions.gradle.plugin", "0.45.0"),
    ]
    found = list(version_catalog.read(content))
    assert [each.name for each in found if each.managed] == ["org.example:platform-governed"]
    assert [each.line for each in found if each.dev] == [19]


@pytest.mark.parametrize(
    "entry", ["1", '{ module = "a:b", version = 1 }', '{ module = "a:b", version.ref = "x" }']
)
def test_other_forms_give_no_version(entry):
    text = f"[versions]\nx = 1\n[libraries]\na = {entry}\n".encode()
    with pytest.raises(Malformed):
        list(version_catalog.read(text))
