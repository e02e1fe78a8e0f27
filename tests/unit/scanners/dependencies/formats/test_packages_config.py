"""NuGet's older list of packages."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import packages_config
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_every_package():
    content = sample("packages_config")
    assert named(packages_config.read, content) == [("NuGet", "jQuery", "3.1.1"), ("NuGet", "NUnit", "2.6.4")]
    assert [each.name for each in packages_config.read(content) if each.dev] == ["NUnit"]
