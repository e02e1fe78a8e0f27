"""What .NET writes when it builds."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import nuget_assets
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_libraries_that_are_packages():
    content = sample("nuget_assets")
    assert named(nuget_assets.read, content) == [
        ("NuGet", "Newtonsoft.Json", "12.0.1"),
        ("NuGet", "System.Text", "4.3.0-preview.1"),
    ]
    assert [each.line for each in nuget_assets.read(content)] == [10, 11]
