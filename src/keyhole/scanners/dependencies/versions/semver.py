"""Semantic versions, taken as loosely as the registries do: `v1.2`, `1.2.3beta`, four numbers.

Specification: https://semver.org/spec/v2.0.0.html, section 11; looseness as in node-semver's `loose` mode.
"""

from __future__ import annotations

import re

ECOSYSTEMS = ("npm", "crates.io", "Hex", "Go", "SwiftURL", "GitHub Actions")

Identifier = tuple[int, int, str]
_VERSION = re.compile(
    r"[v=\s]*([0-9]+(?:\.[0-9]+)*)(?:-?([0-9A-Za-z-][0-9A-Za-z.-]*))?(\+[0-9A-Za-z.+-]*)?\s*"
)
_RELEASE: tuple[Identifier, ...] = ((2, 0, ""),)
"""Sorts after every identifier: a release comes after all that leads to it."""


def key(text: str) -> tuple[tuple[int, ...], tuple[Identifier, ...]]:
    """Numbers without zeros at the end, then what comes before a release. Build metadata has no say."""
    numbers, before, _ = parts(text)
    return numbers, before


def parts(text: str) -> tuple[tuple[int, ...], tuple[Identifier, ...], str]:
    """Numbers, pre-release identifiers, and the build metadata without its sign."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ValueError("not a semantic version")
    numbers = [int(number) for number in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    before = tuple(map(identifier, match[2].split("."))) if match[2] else _RELEASE
    return tuple(numbers), before, (match[3] or "").removeprefix("+")


def identifier(text: str) -> Identifier:
    """Numbers come before words, and among themselves by value."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
