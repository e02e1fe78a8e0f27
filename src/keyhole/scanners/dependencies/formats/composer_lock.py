"""Composer's lock file. Format: https://getcomposer.org/doc/01-basic-usage.md."""

from __future__ import annotations

from keyhole.scanners.dependencies.documents import json_in, objects, word
from keyhole.scanners.dependencies.package import Lines, Package, Packages

NAMES = ("composer.lock",)


def read(content: bytes) -> Packages:
    """The packages of both groups."""
    document = json_in(content)
    lines = Lines(content)
    for group in ("packages", "packages-dev"):
        for entry in objects(document.get(group)):
            name = word(entry.get("name"))
            line = lines.of(f'"name": "{name}"')
            yield Package("Packagist", name, word(entry.get("version")), line, group == "packages-dev")
