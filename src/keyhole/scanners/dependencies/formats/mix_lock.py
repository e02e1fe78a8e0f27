"""Elixir's lock file. Format: https://hexdocs.pm/mix/Mix.Tasks.Deps.html; one package a line, and never evaluated.

What a package asks for stands on its line; what is direct, `mix.exs` says.
"""

from __future__ import annotations

from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.manifests import mix_wanted
from keyhole.scanners.dependencies.package import (
    NONE,
    UNKNOWN,
    Malformed,
    Manifests,
    Package,
    Packages,
    text_of,
)
from keyhole.scanners.lazily import pattern

NAMES = ("mix.lock",)
MANIFESTS = ("mix.exs",)
_HEX = pattern(r'\s*+"([^"]++)":\s*+\{:hex,\s*+:"?([A-Za-z0-9_]++)"?,\s*+"([^"]++)"')
_OTHER = pattern(r'\s*+"([^"]++)":\s*+\{:(?:git|path|hg)\b')
_ASKED = pattern(r'\{:"?([A-Za-z0-9_]++)"?,\s*+"')


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """Packages of Hex by their names there; those of git come without a version."""
    text = text_of(content).strip()
    if text and not text.startswith("%{"):
        raise Malformed("not a lock file of Mix")
    found: dict[str, tuple[str, str, int]] = {}
    asked: dict[str, list[str]] = {}
    for number, line in enumerate(text_of(content).splitlines(), 1):
        if match := _HEX.match(line):
            found[match[1]] = match[2], match[3], number
            asked[match[1]] = _ASKED.findall(line, match.end())
        elif match := _OTHER.match(line):
            found[match[1]] = match[1], "", number
        elif line.strip() not in {"", "%{", "}", "%{}"}:
            raise Malformed(f"line {number} is not of the documented form")
    asks = {key: [each for each in asked.get(key, ()) if each in found] for key in found}
    wanted = mix_wanted(manifests)
    standing = standings(
        asks,
        lambda key: found[key][0],
        None if wanted is None else filter(found.__contains__, wanted.direct),
        () if wanted is None else filter(found.__contains__, wanted.developing),
    )
    for key, (name, version, place) in found.items():
        known = standing.get(key, UNKNOWN)
        yield Package("Hex", name, version, place, known.dev, relation=known.relation, via=known.via)
