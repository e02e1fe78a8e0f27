"""Elixir's lock file. Format: https://hexdocs.pm/mix/Mix.Tasks.Deps.html; one package a line, and never evaluated."""

from __future__ import annotations

import re

from keyhole.scanners.dependencies.package import Malformed, Package, Packages, text_of

NAMES = ("mix.lock",)
_HEX = re.compile(r'\s*+"([^"]++)":\s*+\{:hex,\s*+:"?([A-Za-z0-9_]++)"?,\s*+"([^"]++)"')
_OTHER = re.compile(r'\s*+"([^"]++)":\s*+\{:(?:git|path|hg)\b')


def read(content: bytes) -> Packages:
    """Packages of Hex by their names there; those of git come without a version."""
    text = text_of(content).strip()
    if text and not text.startswith("%{"):
        raise Malformed("not a lock file of Mix")
    for number, line in enumerate(text_of(content).splitlines(), 1):
        if match := _HEX.match(line):
            yield Package("Hex", match[2], match[3], number)
        elif match := _OTHER.match(line):
            yield Package("Hex", match[1], "", number)
        elif line.strip() not in {"", "%{", "}", "%{}"}:
            raise Malformed(f"line {number} is not of the documented form")
