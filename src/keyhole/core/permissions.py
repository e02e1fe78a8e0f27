"""GitHub's permission vocabulary and what each documented REST operation needs.

Source: the published tables of GitHub's REST API version 2026-03-10, kept as one row per operation in
`github_permissions.json` (its own `license` and `source` entries say where each fact comes from).
What has no row here is denied; adding an operation is adding a row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from importlib.resources import files
from typing import Any


class Level(IntEnum):
    """How much of a permission is held; a higher level includes the lower ones."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The level as GitHub spells it: `read`, `write` or `admin`."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Level:
        """The level named by `word`; ValueError for anything but the three exact words."""
        if word not in ("read", "write", "admin"):
            raise ValueError(f"not a permission level: {word!r}")
        return cls[word.upper()]


class Group(StrEnum):
    """What a permission is about, and so what has to belong to the resource owner for it to count."""

    REPOSITORY = "repository"
    ORGANIZATION = "organization"
    ACCOUNT = "account"


class Standing(StrEnum):
    """What GitHub's documentation says of an operation and fine-grained tokens."""

    PERMISSIONED = "permissioned"
    PERMISSIONLESS = "permissionless"
    UNAVAILABLE = "unavailable"
    UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True)
class Permission:
    """One entry of the vocabulary."""

    name: str
    """GitHub's parameter name, for example `contents`."""
    title: str
    """The name on GitHub's pages, for example `Contents`."""
    group: Group
    levels: tuple[Level, ...]
    """The levels that exist for it, ascending; `workflows` has only write."""
    published: bool = True
    """Whether GitHub publishes the name, so that a pre-filled link may use it."""


PermissionSet = Mapping[str, Level]
"""Permissions that are needed, or held, together."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for: a documented REST operation or a git service."""

    id: str
    method: str
    path: str
    """Template with `{parameters}`, starting with a slash."""
    standing: Standing
    any_of: tuple[PermissionSet, ...] = ()
    """One set suffices; every permission of that set is needed. Empty unless permissioned."""
    public_ok: bool = False
    """On a public repository (or a list of public things) no permission is needed."""
    doc: str = ""
    """Address of GitHub's documentation of the operation."""

    @property
    def accepted(self) -> str:
        """Value of `X-Accepted-GitHub-Permissions`: a comma is and, a semicolon is or.

        As recorded from api.github.com, `metadata=read` is named only where it stands alone.
        """
        return "; ".join(_spell(needed) for needed in self.any_of)


def _spell(needed: PermissionSet) -> str:
    shown = {name: level for name, level in needed.items() if name != "metadata"} or needed
    return ",".join(f"{name}={level.word}" for name, level in shown.items())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The whole table, loaded."""

    permissions: Mapping[str, Permission]
    operations: tuple[Operation, ...]


@cache
def vocabulary() -> Vocabulary:
    """The table of this version of Keyhole, read once from the package."""
    raw = json.loads(files(__package__).joinpath("github_permissions.json").read_bytes())
    permissions = {row["name"]: _permission(row) for row in raw["permissions"]}
    sections = (
        ("endpoints", Standing.PERMISSIONED),
        ("endpoints_available", Standing.PERMISSIONLESS),
        ("not_available", Standing.UNAVAILABLE),
        ("unlisted", Standing.UNLISTED),
    )
    operations = tuple(_operation(row, standing) for name, standing in sections for row in raw[name])
    return Vocabulary(permissions, operations)


def _permission(row: dict[str, Any]) -> Permission:
    levels = tuple(sorted(Level.parse(word) for word in row["levels"]))
    published = row["name_source"] == "docs:url-vocabulary"
    return Permission(row["name"], row["title"], Group(row["group"]), levels, published)


def _operation(row: dict[str, Any], standing: Standing) -> Operation:
    permissioned = standing is Standing.PERMISSIONED
    any_of = (
        tuple({p["permission"]: Level.parse(p["level"]) for p in needed} for needed in row["any_of"])
        if permissioned
        else ()
    )
    return Operation(
        id=row["operation_id"],
        method=row["method"],
        path=row["path"],
        standing=standing,
        any_of=any_of,
        public_ok=permissioned and row["public_ok"] is True,
        doc=f"https://docs.github.com/rest/{row.get('doc', '')}".rstrip("/"),
    )


_GIT_DOC = "https://docs.github.com/get-started/git-basics/about-remote-repositories"
GIT_FETCH = Operation(
    "git/fetch",
    "POST",
    "/{owner}/{repo}.git/git-upload-pack",
    Standing.PERMISSIONED,
    ({"contents": Level.READ},),
    public_ok=True,
    doc=_GIT_DOC,
)
"""Clone and fetch: reading means the whole repository, since git cannot hide objects inside one."""
GIT_ANNOUNCE_PUSH = Operation(
    "git/announce-push",
    "GET",
    "/{owner}/{repo}.git/info/refs",
    Standing.PERMISSIONED,
    ({"contents": Level.WRITE},),
    doc=_GIT_DOC,
)
"""The first half of a push, before any ref is named."""
GIT_PUSH = Operation(
    "git/push",
    "POST",
    "/{owner}/{repo}.git/git-receive-pack",
    Standing.PERMISSIONED,
    ({"contents": Level.WRITE}, {"contents": Level.WRITE, "workflows": Level.WRITE}),
    doc=_GIT_DOC,
)
"""The second half of a push: every ref update is judged."""
