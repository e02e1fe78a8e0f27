"""Cargo's lock file. Format: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html.

It names the repository's own packages with all that they ask for; what of that is for developing, their `Cargo.toml`
says.
"""

from __future__ import annotations

from typing import Any

from keyhole.scanners.dependencies.documents import objects, toml_in, word, words
from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.manifests import cargo_wanted
from keyhole.scanners.dependencies.package import (
    NONE,
    UNKNOWN,
    Lines,
    Malformed,
    Manifests,
    Package,
    Packages,
)

NAMES = ("Cargo.lock",)
MANIFESTS = ("Cargo.toml",)
_REGISTRIES = ("registry+", "sparse+")


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """Packages with their versions, those of git without one; those without a source are the repository's own."""
    lines = Lines(content)
    entries = list(objects(toml_in(content).get("package")))
    places: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        name = word(entry.get("name"))
        places.setdefault(name, []).append(place)
        places.setdefault(f"{name} {word(entry.get('version'))}", []).append(place)
    asks = {place: _asked(entry, places) for place, entry in enumerate(entries)}
    own = [place for place, entry in enumerate(entries) if not entry.get("source")]
    wanted = cargo_wanted(manifests, workspace=False)
    developing = set() if wanted is None else wanted.developing.keys() - wanted.direct.keys()
    asked = [each for place in own for each in asks[place]]
    by_name = [word(entry.get("name")) for entry in entries]
    standing = standings(
        asks,
        by_name.__getitem__,
        [each for each in asked if by_name[each] not in developing] if own else None,
        [each for each in asked if by_name[each] in developing],
    )
    for place, entry in enumerate(entries):
        line = lines.of(f'name = "{by_name[place]}"')
        if source := word(entry.get("source")):
            known = standing.get(place, UNKNOWN)
            version = word(entry.get("version")) if source.startswith(_REGISTRIES) else ""
            yield Package(
                "crates.io", by_name[place], version, line, known.dev, relation=known.relation, via=known.via
            )


def own_names(content: bytes) -> frozenset[str]:
    """Names of the repository's own packages that it is for; none if it cannot be read."""
    try:
        entries = list(objects(toml_in(content).get("package")))
    except Malformed:
        return frozenset()
    return frozenset(word(entry.get("name")) for entry in entries if not entry.get("source"))


def _asked(entry: dict[str, Any], places: dict[str, list[int]]) -> list[int]:
    """`name`, or `name version` where there are several, or with the source behind that."""
    found = []
    for text in words(entry.get("dependencies")):
        at = places.get(" ".join(text.split(" ", 2)[:2]))
        if at:
            found.append(at[0])
    return found
