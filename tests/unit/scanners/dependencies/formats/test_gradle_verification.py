"""Gradle's list of what may be used."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import gradle_verification
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_every_component():
    content = sample("gradle_verification")
    assert named(gradle_verification.read, content) == [
        ("Maven", "com.google.guava:guava", "30.0-jre"),
        ("Maven", "junit:junit", "4.12"),
    ]
    assert named(gradle_verification.read, "<verification-metadata/>") == []
