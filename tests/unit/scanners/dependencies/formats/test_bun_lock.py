"""Bun's lock file."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.formats import bun_lock
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_packages_of_every_place():
    assert named(bun_lock.read, sample("bun_lock")) == [
        ("npm", "@scope/a", "1.2.3"),
        ("npm", "real-alias", "2.0.0"),
        ("npm", "forked", ""),
        ("npm", "left", "1.0.1"),
        ("npm", "left", "0.9.0"),
    ]


@pytest.mark.parametrize("entry", [b"1", b"[]", b"[1]", b'["no version"]'])
def test_an_entry_of_another_form_is_not_passed_over(entry):
    with pytest.raises(Malformed):
        list(bun_lock.read(b'{"packages": {"a": ' + entry + b"}}"))
