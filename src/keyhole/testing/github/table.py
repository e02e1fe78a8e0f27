"""The published facts that the sandbox stands on: which operation needs what, and what shape its answer has.

Read from the permission table of the package and from a digest of GitHub's REST API description. How they are applied
is `enforce.py`: a second, plain reading that shares no code with Keyhole's own decision, so that each can be held
against the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from keyhole.core.permissions import Level, Operation, PermissionSet, Standing, vocabulary

_SPANNING = {"path", "ref", "basehead", "dir", "branch"}
"""Parameters that may hold slashes: GitHub takes them encoded or not."""
SUBJECTS = {
    "owner", "repo", "repo_name", "repository_id", "org", "username", "enterprise", "template_owner",
    "template_repo", "repo_owner", "account_id", "security_product", "enablement",
}  # fmt: skip
"""Parameters that say whom or what an operation is about; the others name something below it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What GitHub's API description says of an operation's answer and body."""

    status: int
    body: str
    """`object`, `list`, `none`, `text` or `redirect`."""
    under: str = ""
    """Name of the list in an answer that also has `total_count`."""
    required: tuple[str, ...] = ()
    """Fields that the request body must have."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Field of the body -> initials of the JSON types that it may have; `n` is null."""
    empty: Any = None
    """An object of the documented kind in which every field says least; None for other answers."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One operation with all that is published about it."""

    operation: Operation
    any_of: tuple[PermissionSet, ...]
    """One of these sets suffices. Operations on no list of GitHub's have one, too, where their pages name it."""
    shape: Shape
    names: tuple[str, ...]
    """Parameters in the order of the path."""

    @property
    def id(self) -> str:
        """GitHub's operation id, for example `repos/get`."""
        return self.operation.id

    @property
    def items(self) -> tuple[str, ...]:
        """Parameters that name something below the subject, such as `hook_id`."""
        about_a_user = self.operation.path.startswith("/users/{username}")
        return tuple(
            name for name in self.names if name not in SUBJECTS or (name == "username" and not about_a_user)
        )


@dataclass(frozen=True, slots=True)
class Route:
    """The rule that a request falls under, with the values of the path."""

    rule: Rule
    params: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    """As it was sent, below `/api/v3`."""


@cache
def rules() -> Mapping[str, Rule]:
    """Every documented operation by its id."""
    digest = json.loads(files(__package__).joinpath("data/operation_shapes.json").read_bytes())
    shapes, empties = digest["operations"], digest["empties"]
    guessed = _guessed_permissions()
    return {
        each.id: Rule(
            each,
            each.any_of or guessed.get(each.id, ()),
            _shape(shapes[each.id], empties),
            tuple(re.findall(r"{([\w-]+)}", each.path)),
        )
        for each in vocabulary().operations
    }


def _guessed_permissions() -> dict[str, tuple[PermissionSet, ...]]:
    raw = json.loads(files("keyhole.core").joinpath("github_permissions.json").read_bytes())
    return {
        row["operation_id"]: tuple(
            {each["permission"]: Level.parse(each["level"]) for each in needed} for needed in row["any_of"]
        )
        for row in raw["unlisted"]
        if "any_of" in row
    }


def _shape(raw: Mapping[str, Any], empties: Mapping[str, Any]) -> Shape:
    empty = raw.get("empty")
    return Shape(
        raw["status"],
        raw["body"],
        raw.get("under", ""),
        tuple(raw.get("required", ())),
        raw.get("types", {}),
        empties[empty] if isinstance(empty, str) else empty,
    )


def find(method: str, path: str) -> Route | None:
    """The rule for a method and an encoded path below `/api/v3`; None when nothing is documented there."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    for pattern, rule in _patterns().get(("GET" if method == "HEAD" else method, first.lower()), ()):
        if match := pattern.fullmatch(path):
            values = (unquote(value) for value in match.groups())
            return Route(rule, dict(zip(rule.names, values, strict=True)), path)
    return None


@cache
def _patterns() -> dict[tuple[str, str], list[tuple[re.Pattern[str], Rule]]]:
    found: dict[tuple[str, str], list[tuple[re.Pattern[str], Rule]]] = {}
    for rule in sorted(rules().values(), key=lambda each: _specificity(each.operation.path)):
        path = rule.operation.path
        key = (rule.operation.method, path.split("/", 2)[1])
        found.setdefault(key, []).append((_pattern(path, rule.operation.method), rule))
    return found


def _specificity(path: str) -> list[int]:
    """Literals before parameters; what takes the rest of the path comes last."""
    parts = path.split("/")
    weights = [(2 if part[1:-1] in _SPANNING else 1) if part.startswith("{") else 0 for part in parts]
    return [*weights[:-1], 3 if weights[-1] == 2 else weights[-1]]


def _pattern(path: str, method: str) -> re.Pattern[str]:
    text = ""
    for part in path.split("/")[1:]:
        name = part[1:-1]
        if not part.startswith("{"):
            text += "/" + re.escape(part)
        elif path.endswith("/matching-refs/{ref}") and name == "ref":
            text += "/(.*)"
        elif name == "path" and method == "GET" and path.endswith("/contents/{path}"):
            text += "/?(.*)"  # the root of a repository is asked for with an empty path
        else:
            text += (
                ("/(.*)" if path.endswith("/matching-refs/{ref}") else "/(.+?)")
                if name in _SPANNING
                else "/([^/]+)"
            )
    return re.compile(text, re.DOTALL)


def for_installations(rule: Rule) -> tuple[PermissionSet, ...]:
    """Sets that count for an installation's token: those of everybody, and those that only apps can have."""
    level = Level.READ if rule.operation.method == "GET" else Level.WRITE
    if rule.id.startswith("checks/"):
        return ({"checks": level},)
    if "pat-grant-request" in rule.id:
        return ({"organization_personal_access_token_requests": level},)
    if rule.id.startswith(("orgs/list-pat-grant", "orgs/update-pat-access")):
        return ({"organization_personal_access_tokens": level},)
    return rule.any_of


def is_permissionless(rule: Rule) -> bool:
    """Whether GitHub says that any token may, whatever it holds."""
    return rule.operation.standing is Standing.PERMISSIONLESS
