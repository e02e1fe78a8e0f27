"""Elixir's lock file."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import mix_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_packages_by_their_names_in_hex():
    assert named(mix_lock.read, sample("mix_lock")) == [
        ("Hex", "plug", "1.11.1"),
        ("Hex", "real_renamed", "2.0.0-rc.1"),
        ("Hex", "forked", ""),
    ]
    assert named(mix_lock.read, "%{}\n") == []


@pytest.mark.parametrize("text", [b"[]", b'%{\n  "a": 1,\n}\n'])
def test_another_form_is_not_passed_over(text):
    with pytest.raises(Malformed):
        list(mix_lock.read(text))
