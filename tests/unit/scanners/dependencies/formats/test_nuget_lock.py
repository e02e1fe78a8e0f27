"""NuGet's lock file."""

from __future__ import annotations

from keyhole.scanners.dependencies.formats import nuget_lock
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_packages_of_all_frameworks_each_once():
    content = sample("nuget_lock")
    assert named(nuget_lock.read, content) == [
        ("NuGet", "Newtonsoft.Json", "12.0.1"),
        ("NuGet", "System.Text", "4.3.0"),
        ("NuGet", "System.Text", "4.3.1"),
    ]
    assert [each.line for each in nuget_lock.read(content)] == [5, 12, 17]
