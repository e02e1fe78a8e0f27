"""Gradle's lock files."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import gradle_lockfile
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_one_package_a_line():
    content = sample("gradle_lockfile")
    assert named(gradle_lockfile.read, content) == [
        ("Maven", "com.google.guava:guava", "30.0-jre"),
        ("Maven", "junit:junit", "4.12"),
        ("Maven", "org.example:older", "1.0"),
    ]
    assert [each.name for each in gradle_lockfile.read(content) if each.dev] == ["junit:junit"]


@pytest.mark.parametrize("line", [b"a:b=c", b"a:b:1:2=c", b"::=c", b"words"])
def test_a_line_of_another_form_is_not_passed_over(line):
    with pytest.raises(Malformed, match="line 2"):
        list(gradle_lockfile.read(b"# x\n" + line))
