"""What a tool was seen to ask for, or is said to ask for: operations of the table, and what is none of them.

A request is known by its method and path alone. Query, headers and bodies are never looked at, and what is shown of
a request again is the operation's own spelling, so that nothing of a pasted credential comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import unquote, urlsplit

from keyhole.core.errors import KeyholeError
from keyhole.core.permissions import (
    GIT_ANNOUNCE_PUSH,
    GIT_FETCH,
    GIT_PUSH,
    Operation,
    Standing,
    vocabulary,
)
from keyhole.core.resolve import resolve

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
WORKFLOWS = "+workflows"
"""Behind an endpoint: it changes files below .github/workflows."""
_PLACE = re.compile(r"\{[^{}]*\}|<[^<>]*>|(?<![^/]):[A-Za-z_]\w*")
_CREDENTIAL = re.compile(r"(?:gh[opsur]_|github_pat_|khp_)\S*|(?<=//)[^/@\s]*@|[?#].*", re.DOTALL)
_LONGEST_SHOWN = 120
_GIT = {
    "git-upload-pack": (GIT_FETCH, "git clone"),
    "git-receive-pack": (GIT_PUSH, "git push"),
    "git-upload-archive": (GIT_FETCH, "git clone"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation that is asked for."""

    operation: Operation
    workflows: bool = False
    """Whether it is known to change files below .github/workflows."""
    count: int = 1
    """How often it was seen."""

    @property
    def line(self) -> str:
        """It as a line that `understand` reads again."""
        shown = {GIT_FETCH.id: "git clone", GIT_PUSH.id: "git push", GIT_ANNOUNCE_PUSH.id: "git push"}
        text = shown.get(self.operation.id) or f"{self.operation.method} {self.operation.path}"
        return f"{text} {WORKFLOWS}" if self.workflows else text


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Something that nothing can be planned for."""

    text: str
    """What it was, without query and without anything that looks like a credential."""
    why: str
    count: int = 1


def understand(method: str, address: str) -> Asked | Unmatched:
    """What a method and an address ask for; the address is a URL, a path, or a path with `{parameters}`."""
    method = method.upper()
    shown = f"{method} {masked(address)}"
    if method not in METHODS:
        return Unmatched(masked(f"{method[:20]} {address}"), "This is not a method of GitHub's API.")
    place = _path(address)
    if place is None:
        return Unmatched(shown, "This is not an address of GitHub's API or of git.")
    path, service = place
    if path == "/graphql":
        return Unmatched(
            shown,
            "GraphQL: fine-grained tokens are accepted, but which field needs which permission is not published.",
        )
    if (git := _git(path, service)) is not None:
        return git
    return _rest("GET" if method == "HEAD" else method, path, shown)


def _path(address: str) -> tuple[str, str] | None:
    """The path below the API's root, or of git; and git's service."""
    try:
        parts = urlsplit(address if "://" in address else f"//none{address}")
    except ValueError:
        return None
    path, host = parts.path, (parts.hostname or "").lower()
    for root in ("/api/v3", "/api/uploads"):
        if path == root or path.startswith(f"{root}/"):
            return path.removeprefix(root) or "/", ""
    if path in ("/api/graphql", "/graphql"):
        return "/graphql", ""
    service = next((word for word in _GIT if word in parts.query), "")
    if _is_git(path):
        return path, service
    if "://" in address and not host.startswith(("api.", "uploads.")):
        return None
    return (path, "") if path.startswith("/") else None


def _is_git(path: str) -> bool:
    return path.endswith((".git", "/info/refs", "/info/lfs/objects/batch", *(f"/{word}" for word in _GIT)))


def _git(path: str, service: str) -> Asked | Unmatched | None:
    if not _is_git(path):
        return None
    if "/info/lfs/" in path:
        return Unmatched(
            f"POST {masked(path)}",
            "Git LFS says in the body whether it reads or writes: contents read to download, write to upload. "
            "Add a line `git clone` or `git push`.",
        )
    named = next((word for word in _GIT if path.endswith(f"/{word}")), service or "git-upload-pack")
    return Asked(_GIT[named][0])


def _rest(method: str, path: str, shown: str) -> Asked | Unmatched:
    operation = _by_template().get((method, path))
    touches = ".github/workflows" in unquote(path)
    if operation is None:
        try:
            segments = tuple(unquote(part) for part in _PLACE.sub("1", path).strip("/").split("/"))
            match = resolve(method, () if segments == ("",) else segments)
        except KeyholeError as problem:
            return Unmatched(shown, problem.message)
        operation = match.operation if match is not None else None
    if operation is None:
        return Unmatched(shown, "GitHub documents no operation with this method and path.")
    return judged(Asked(operation, touches and writes_files(operation)))


def judged(asked: Asked) -> Asked | Unmatched:
    """The operation, or why no fine-grained token can do it."""
    operation = asked.operation
    if operation.standing is Standing.UNAVAILABLE:
        return Unmatched(asked.line, _unavailable(operation.path), asked.count)
    if operation.standing is Standing.UNLISTED:
        return Unmatched(
            asked.line,
            "GitHub's documentation does not say which permission it needs, or contradicts itself.",
            asked.count,
        )
    return asked


def _unavailable(path: str) -> str:
    parts = path.split("/")
    if "check-runs" in parts or "check-suites" in parts:
        return "Checks: only a GitHub App can use them. A commit status says the same and needs statuses."
    if "packages" in parts:
        return "Packages: only a classic token with read:packages or write:packages can use them."
    if "notifications" in parts:
        return "Notifications: only a classic token can use them."
    return "GitHub does not offer it to fine-grained tokens."


def writes_files(operation: Operation) -> bool:
    """Whether the table tells changes of workflow files apart for it."""
    with_workflows = [needed for needed in operation.any_of if "workflows" in needed]
    return 0 < len(with_workflows) < len(operation.any_of)


@cache
def _by_template() -> dict[tuple[str, str], Operation]:
    return {(operation.method, operation.path): operation for operation in vocabulary().operations}


@cache
def by_id() -> dict[str, Operation]:
    """Every operation of the table and of git by its id."""
    known = (*vocabulary().operations, GIT_FETCH, GIT_ANNOUNCE_PUSH, GIT_PUSH)
    return {operation.id: operation for operation in known}


def masked(text: str) -> str:
    """Text from outside, shortened, on one line, without query or credentials."""
    plain = _CREDENTIAL.sub("", text)
    plain = "".join(char if char.isprintable() else " " for char in plain).strip()
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[:_LONGEST_SHOWN]}..."


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a text, a file or a log."""

    asked: tuple[Asked, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    notes: tuple[str, ...] = ()
    """What was left out, and why, in sentences."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What was understood as endpoint lines, for the query of a plan."""
        return tuple(each.line for each in self.asked)


def gathered(found: Iterable[Asked | Unmatched], notes: Iterable[str] = ()) -> Reading:
    """The same things counted together, in the order in which they were first seen."""
    asked: dict[str, Asked] = {}
    unmatched: dict[str, Unmatched] = {}
    for each in found:
        if isinstance(each, Asked):
            before = asked.get(each.line)
            asked[each.line] = replace(each, count=each.count + before.count) if before else each
        else:
            known = unmatched.get(each.text)
            unmatched[each.text] = replace(each, count=each.count + known.count) if known else each
    return Reading(tuple(asked.values()), tuple(unmatched.values()), tuple(notes))
