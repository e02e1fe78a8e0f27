"""Well-known tools and the permissions that their vendors ask for: one file for each in `data/presets`.

The file's name is the preset's id. docs/presets.md describes the fields and lists them all. What a file holds is a
fact from the `source` that it names, seen in August 2026, and not a recommendation of ours.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from keyhole.core.errors import InvalidInput
from keyhole.core.permissions import Level, PermissionSet, vocabulary
from keyhole.planner.setup import NO_SETUP, Setup, parse_setup

_ID = re.compile(r"([a-z0-9-]{1,60})(?:\.([1-9]))?")
_FIELDS = {
    "title", "about", "row", "kinds", "certainty", "source", "notes", "hosted",
    "permissions", "app_only", "why", "optional", "setup",
}  # fmt: skip


class Kind(StrEnum):
    """How the tool signs in."""

    PAT = "pat"
    """With a personal access token."""
    APP = "app"
    """As a GitHub App."""
    OAUTH = "oauth"
    """As an OAuth app, which has scopes and no permissions."""
    BUILT_IN = "built-in"
    """A part of GitHub, without a credential of its own."""


class Certainty(StrEnum):
    """How well the list of permissions is known."""

    EXACT = "exact"
    """From the vendor's own text."""
    PARTIAL = "partial"
    """Partly seen, from an older copy, or from somebody else."""
    UNVERIFIED = "unverified"
    """Not found; shown, and not to be chosen."""


@dataclass(frozen=True, slots=True)
class Option:
    """Permissions that the tool needs only for something that it may or may not be used for."""

    id: str
    """The preset's id, a dot and a number, to choose both together."""
    when: str
    """What it is needed for, as a sentence."""
    permissions: PermissionSet


@dataclass(frozen=True, slots=True)
class Preset:
    """One tool, or one way to use it."""

    id: str
    title: str
    about: str
    """What it does, in a sentence."""
    kinds: tuple[Kind, ...]
    certainty: Certainty
    source: str
    """Address of the text that the permissions are from."""
    notes: str
    """What to know about the list; may be empty."""
    hosted: bool
    """Whether the vendor's own app is installed, so that nobody registers one."""
    permissions: PermissionSet
    """Those that a fine-grained token can have, too."""
    app_only: Mapping[str, str]
    """Permission to level word of those that only a GitHub App can have."""
    why: Mapping[str, str]
    """What a permission is for, where the vendor says it: completes "it ..."."""
    options: tuple[Option, ...]
    setup: Setup

    @property
    def selectable(self) -> bool:
        """Whether it can be planned for."""
        return self.certainty is not Certainty.UNVERIFIED and bool(self.permissions)

    @property
    def needs_app(self) -> bool:
        """Whether it signs in as a GitHub App and in no other way."""
        return Kind.APP in self.kinds and Kind.PAT not in self.kinds


@cache
def presets() -> Mapping[str, Preset]:
    """Every preset by id, sorted by title. ValueError for a file that is not as docs/presets.md says."""
    folder = files("keyhole.planner") / "data" / "presets"
    found = []
    for path in folder.iterdir():
        if path.name.endswith(".toml"):
            try:
                found.append(parse_preset(path.name.removesuffix(".toml"), path.read_text(encoding="utf-8")))
            except (KeyError, TypeError, ValueError) as problem:
                raise ValueError(f"preset {path.name}: {problem!r}") from problem
    return {preset.id: preset for preset in sorted(found, key=lambda each: each.title.lower())}


def parse_preset(name: str, text: str) -> Preset:
    """The preset in a file's text. ValueError, KeyError or TypeError for anything that does not belong in one."""
    raw = tomllib.loads(text)
    if unknown := set(raw) - _FIELDS:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    permissions = _permissions(raw.get("permissions", {}))
    app_only = {str(key): Level.parse(word).word for key, word in raw.get("app_only", {}).items()}
    if known := set(app_only) & set(vocabulary().permissions):
        raise ValueError(f"a token can have {sorted(known)}, too")
    why = {str(key): str(text) for key, text in raw.get("why", {}).items()}
    if unknown := set(why) - set(permissions):
        raise ValueError(f"a reason for {sorted(unknown)}, which it does not ask for")
    return Preset(
        id=name,
        title=raw["title"],
        about=raw["about"],
        kinds=tuple(Kind(word) for word in raw["kinds"]),
        certainty=Certainty(raw["certainty"]),
        source=raw["source"],
        notes=raw.get("notes", ""),
        hosted=raw.get("hosted", False),
        permissions=permissions,
        app_only=app_only,
        why=why,
        options=tuple(_option(name, number, each) for number, each in enumerate(raw.get("optional", []), 1)),
        setup=parse_setup(raw["setup"]) if "setup" in raw else NO_SETUP,
    )


def _option(preset: str, number: int, raw: dict[str, Any]) -> Option:
    return Option(f"{preset}.{number}", raw["when"], _permissions(raw["permissions"]))


def _permissions(raw: dict[str, str]) -> PermissionSet:
    held = {name: Level.parse(word) for name, word in raw.items()}
    for name, level in held.items():
        if level not in vocabulary().permissions[name].levels:
            raise ValueError(f"{name} has no level {level.word}")
    return held


def chosen(wanted: str) -> tuple[Preset, Option | None]:
    """The preset, and its option, that an id such as `semgrep` or `semgrep.1` names.

    InvalidInput for an id of nothing, and for a preset that cannot be planned for.
    """
    parts = _ID.fullmatch(wanted)
    preset = presets().get(parts[1]) if parts else None
    number = int(parts[2] or 0) if parts else 0
    if preset is None or number > len(preset.options):
        raise InvalidInput(
            f"There is no preset {wanted[:60]!r}.",
            field="preset",
            hint="`keyhole plan --list-presets` lists them.",
        )
    if not preset.selectable:
        raise InvalidInput(
            f"Nothing can be planned for {preset.title}: {_why_not(preset)}.",
            field="preset",
            hint=preset.notes,
        )
    return preset, preset.options[number - 1] if number else None


def _why_not(preset: Preset) -> str:
    if Kind.BUILT_IN in preset.kinds:
        return "it needs no token"
    return "the permissions that it asks for could not be verified"
