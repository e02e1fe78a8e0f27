"""Paket's lock file."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import paket_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_packages_of_all_groups():
    assert named(paket_lock.read, sample("paket_lock")) == [
        ("NuGet", "NUnit", "2.6.4"),
        ("NuGet", "FSharp.Core", "4.5.0"),
        ("NuGet", "FAKE", "5.20.4"),
    ]


def test_another_text_is_none():
    with pytest.raises(Malformed):
        list(paket_lock.read(b"source https://api.nuget.org/v3/index.json\n"))
