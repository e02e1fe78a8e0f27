"""Projects of .NET and the files that they share."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import msbuild
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_references_with_their_versions():
    content = sample("msbuild")
    assert named(msbuild.read, content) == [
        ("NuGet", "Newtonsoft.Json", "12.0.1"),
        ("NuGet", "Exact.One", "1.0.0"),
        ("NuGet", "Serilog", "2.10.0-dev-1"),
        ("NuGet", "Analyzer", "1.1.118"),
        ("NuGet", "Floating", ""),
        ("NuGet", "Ranged", ""),
        ("NuGet", "Unset", ""),
        ("NuGet", "Central", ""),
        ("NuGet", "Central.Other", "3.0.0"),
        ("NuGet", "Kept.Here", "4.0.0"),
    ]
    found = list(msbuild.read(content))
    assert [each.name for each in found if each.dev] == ["Analyzer"]
    assert [each.name for each in found if each.managed] == ["Central"]


def test_several_in_one_reference():
    text = '<Project><ItemGroup><PackageReference Update="A; B" Version="1.0"/></ItemGroup></Project>'
    assert named(msbuild.read, text) == [("NuGet", "A", "1.0"), ("NuGet", "B", "1.0")]
