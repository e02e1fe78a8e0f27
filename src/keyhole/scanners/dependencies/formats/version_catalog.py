"""Gradle's version catalogs. Format: https://docs.gradle.org/current/userguide/version_catalogs.html."""

from __future__ import annotations

from typing import Any

from keyhole.core.library import Relation
from keyhole.scanners.dependencies.documents import as_object, toml_in, word
from keyhole.scanners.dependencies.package import Lines, Malformed, Package, Packages
from keyhole.scanners.lazily import pattern

NAMES = ("*.versions.toml",)
_EXACT = pattern(r"[^\[\](),+!\s]+")
_MOVING = ("latest.",)


def read(content: bytes) -> Packages:
    """Libraries, and plugins by the artifact that marks them; a version that is a range or moves is none."""
    document = toml_in(content)
    versions = as_object(document.get("versions", {}))
    for table in ("libraries", "plugins"):
        lines = Lines(content)
        lines.of(f"[{table}]")
        for alias, entry in as_object(document.get(table, {})).items():
            name, wanted = _plugin(entry) if table == "plugins" else _library(entry)
            # A version given by nobody comes from a platform, which another line names.
            version, managed = _version(wanted, versions), wanted is None
            line = lines.of(f"{alias} =")
            plugin = table == "plugins"
            yield Package("Maven", name, version, line, plugin, managed, relation=Relation.DIRECT)


def _library(entry: object) -> tuple[str, object]:
    if isinstance(entry, str):
        group, _, rest = entry.partition(":")
        artifact, _, version = rest.partition(":")
        return f"{group}:{artifact}", version or None
    told = as_object(entry)
    name = word(told.get("module")) or f"{word(told.get('group'))}:{word(told.get('name'))}"
    return name, told.get("version")


def _plugin(entry: object) -> tuple[str, object]:
    if isinstance(entry, str):
        plugin, _, version = entry.partition(":")
        return f"{plugin}:{plugin}.gradle.plugin", version or None
    told = as_object(entry)
    plugin = word(told.get("id"))
    return f"{plugin}:{plugin}.gradle.plugin", told.get("version")


def _version(wanted: object, versions: dict[str, Any]) -> str:
    if isinstance(wanted, dict) and "ref" in wanted:
        wanted = versions.get(word(wanted["ref"]))
    if isinstance(wanted, dict):  # a rich version, whose strictest word counts
        wanted = wanted.get("strictly") or wanted.get("require") or wanted.get("prefer")
    if wanted is not None and not isinstance(wanted, str):
        raise Malformed("not of the documented form")
    text = (wanted or "").removesuffix("!!")
    return text if _EXACT.fullmatch(text) and not text.startswith(_MOVING) else ""
