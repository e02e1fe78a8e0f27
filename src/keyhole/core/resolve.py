"""Method and path -> the one documented operation, or None, which denies.

Whole segments only; no prefix and no pattern is ever compared. Literal segments win over parameters, parameters over
those that may span several segments. GitHub's clients send a slash in a parameter as `%2F` (octokit) or as it is
(PyGithub), so the parameters that name refs and paths take both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from keyhole.core.errors import MalformedRequest
from keyhole.core.permissions import Operation, vocabulary

_SPANNING = frozenset({"path", "ref", "branch", "tag", "dir", "basehead"})
"""Parameters that may be several segments."""
_ONE_SEGMENT_WITH_SLASH = frozenset({"name", "environment_name", "package_name", "tree_sha"})
"""Labels, environments and packages may have a slash in their name, and a branch may stand for its tree; the slash
must then be sent as `%2F`."""
_ACCOUNTS_AND_REPOSITORIES = frozenset(
    {
        "assignee",
        "enterprise",
        "org",
        "owner",
        "repo",
        "repo_name",
        "repo_owner",
        "target_user",
        "template_owner",
        "template_repo",
        "username",
    }
)
_EMPTY_TAIL = frozenset(
    {
        "/repos/{owner}/{repo}/contents/{path}",
        "/repos/{owner}/{repo}/git/matching-refs/{ref}",
        "/repos/{owner}/{repo}/tarball/{ref}",
        "/repos/{owner}/{repo}/zipball/{ref}",
    }
)
"""Read without their last parameter these mean the top directory, all refs, the default branch."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a request asks for."""

    operation: Operation
    params: Mapping[str, str]
    """The values of the path's parameters, decoded; never empty except where an empty one has a meaning."""


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    """One segment, whatever it is called: two operations may name the same place differently."""
    spanning: _Node | None = None
    operation: Operation | None = None
    names: tuple[str, ...] = ()
    """Of the parameters on the way to `operation`, in order."""


def resolve(method: str, segments: tuple[str, ...]) -> Match | None:
    """The operation of `method` on the canonical `segments` below `/api/v3`; HEAD is GET without a body.

    None when nothing documented matches. Raises MalformedRequest when a slash or a non-ASCII character was encoded
    into a parameter that identifies something, or into a place where no operation takes one.
    """
    root = _tries().get("GET" if method == "HEAD" else method)
    found = _walk(root, segments, 0, ()) if root else None
    if found is None:
        if any("/" in segment for segment in segments):
            raise MalformedRequest("An encoded slash is not understood here.")
        return None
    node, values = found
    if node.operation is None:
        return None
    if len(values) < len(node.names):  # the empty tail
        values = (*values, "")
    params = dict(zip(node.names, values, strict=True))
    for name, value in params.items():
        if not value.isascii() and _identifies(name):
            raise MalformedRequest(f"The {name} has characters that no {name} has.")
        if not value.isdigit() and _is_number(name):
            return None
    return Match(node.operation, params)


def _identifies(name: str) -> bool:
    return name in _ACCOUNTS_AND_REPOSITORIES or name.endswith(("_id", "_number"))


def _is_number(name: str) -> bool:
    # Not every `_id`: workflows go by file name, too. But /user/{account_id} would take in whatever GitHub adds
    # below /user, as an operation that needs no permission.
    return name in ("account_id", "repository_id") or name.endswith("_number")


_Found = tuple[_Node, tuple[str, ...]]


def _walk(node: _Node, segments: tuple[str, ...], at: int, values: tuple[str, ...]) -> _Found | None:
    if at == len(segments):
        return (node, values) if node.operation is not None else None
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None and (found := _walk(literal, segments, at + 1, values)):
        return found
    if (
        node.parameter is not None
        and (found := _walk(node.parameter, segments, at + 1, (*values, segment)))
        and _slash_is_allowed(found, len(values), segment)
    ):
        return found
    if node.spanning is None:
        return None
    for end in range(at + 1, len(segments) + 1):
        if found := _walk(node.spanning, segments, end, (*values, "/".join(segments[at:end]))):
            return found
    return None


def _slash_is_allowed(found: _Found, position: int, segment: str) -> bool:
    return "/" not in segment or found[0].names[position] in _ONE_SEGMENT_WITH_SLASH


@cache
def _tries() -> Mapping[str, _Node]:
    tries: dict[str, _Node] = {}
    for operation in vocabulary().operations:
        _insert(tries.setdefault(operation.method, _Node()), operation)
    return tries


def _insert(root: _Node, operation: Operation) -> None:
    node = root
    names: tuple[str, ...] = ()
    for part in operation.path.split("/")[1:]:
        if not part:
            continue
        if not part.startswith("{"):
            node = node.literals.setdefault(part, _Node())
            continue
        name = part[1:-1]
        names = (*names, name)
        if name in _SPANNING and operation.method == "GET" and operation.path in _EMPTY_TAIL:
            node.operation, node.names = operation, names
        node = _below(node, name)
    node.operation, node.names = operation, names


def _below(node: _Node, name: str) -> _Node:
    if name in _SPANNING:
        node.spanning = node.spanning or _Node()
        return node.spanning
    node.parameter = node.parameter or _Node()
    return node.parameter
