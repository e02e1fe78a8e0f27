"""Composer's lock file. Format: https://getcomposer.org/doc/01-basic-usage.md; `composer.json` says what is direct."""

from __future__ import annotations

from keyhole.scanners.dependencies.documents import json_in, licences, objects, word, words
from keyhole.scanners.dependencies.graph import standings
from keyhole.scanners.dependencies.manifests import composer_wanted
from keyhole.scanners.dependencies.package import NONE, UNKNOWN, Lines, Manifests, Package, Packages

NAMES = ("composer.lock",)
MANIFESTS = ("composer.json",)


def read(content: bytes, manifests: Manifests = NONE) -> Packages:
    """The packages of both groups."""
    document = json_in(content)
    groups = {group: list(objects(document.get(group))) for group in ("packages", "packages-dev")}
    entries = {word(entry.get("name")).lower(): entry for group in groups.values() for entry in group}
    asks = {
        name: [each.lower() for each in words(entry.get("require")) if each.lower() in entries]
        for name, entry in entries.items()
    }
    wanted = composer_wanted(manifests)
    standing = standings(
        asks,
        lambda name: word(entries[name].get("name")),
        None if wanted is None else filter(entries.__contains__, wanted.direct),
        () if wanted is None else filter(entries.__contains__, wanted.developing),
    )
    lines = Lines(content)
    for group, found in groups.items():
        for entry in found:
            name = word(entry.get("name"))
            known = standing.get(name.lower(), UNKNOWN)
            dist = entry.get("dist")
            place = word(dist.get("url")) if isinstance(dist, dict) and dist.get("type") == "path" else ""
            yield Package(
                "Packagist",
                name,
                "" if place else word(entry.get("version")),
                lines.of(f'"name": "{name}"'),
                group == "packages-dev",
                relation=known.relation,
                via=known.via,
                licences=licences(entry.get("license")),
                folder=place,
            )
