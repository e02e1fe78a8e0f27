"""Pipenv's lock file. Format: https://pipenv.pypa.io/en/latest/pipfile.html."""

from __future__ import annotations

from keyhole.scanners.dependencies.documents import as_object, json_in, word
from keyhole.scanners.dependencies.package import Lines, Package, Packages

NAMES = ("Pipfile.lock",)


def read(content: bytes) -> Packages:
    """The packages of both groups."""
    document = json_in(content)
    for group in ("default", "develop"):
        lines = Lines(content)
        lines.of(f'"{group}"')
        for name, entry in as_object(document.get(group, {})).items():
            version = word(as_object(entry).get("version")).removeprefix("==")
            yield Package("PyPI", name, version, lines.of(f'"{name}"'), group == "develop")
