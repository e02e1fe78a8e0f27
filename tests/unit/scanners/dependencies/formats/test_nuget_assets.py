"""What .NET writes when it builds."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import nuget_assets
from tests.unit.scanners.dependencies.formats.named import named, sample, told


def test_libraries_that_are_packages():
    content = sample("nuget_assets")
    assert named(nuget_assets.read, content) == [
        ("NuGet", "Newtonsoft.Json", "12.0.1"),
        ("NuGet", "System.Text", "4.3.0-preview.1"),
    ]
    assert [each.line for each in nuget_assets.read(content)] == [10, 11]


def test_what_an_application_brings_along_of_dotnet_is_a_package():
    runtime = "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64"
    document = {
        "targets": {"net8.0": {"App/1.0.0": {"dependencies": {runtime: "8.0.1"}}}},
        "libraries": {"App/1.0.0": {"type": "project"}, f"{runtime}/8.0.1": {"type": "runtimepack"}},
    }
    expected = {"Microsoft.NETCore.App.Runtime.linux-x64 8.0.1": "direct"}
    assert told(nuget_assets.read, document) == expected
