"""The repositories that a credential reaches, by the number that they keep when they are renamed or transferred."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from keyhole.core.github_credentials import CredentialKind, recognise
from keyhole.core.request import OwnerKind
from keyhole.providers.github.client import GitHub, at
from keyhole.providers.github.problems import GitHubProblem, ProblemKind

_NAME = re.compile(r"(?!\.\.?$)[0-9A-Za-z._-]{1,100}")


@dataclass(frozen=True, slots=True)
class RemoteRepository:
    """One repository as GitHub shows it now."""

    id: int
    """Immutable: a repository made later under the same name has another one."""
    owner_login: str
    owner_id: int
    owner_kind: OwnerKind
    name: str
    private: bool
    archived: bool
    default_branch: str
    permissions: Mapping[str, bool] = field(default_factory=dict)
    """What the *person* may do with it (`pull`, `push`, `admin`), which says nothing about the token."""

    @property
    def full_name(self) -> str:
        """`OWNER/REPO`."""
        return f"{self.owner_login}/{self.name}"


def reachable(github: GitHub) -> Iterator[RemoteRepository]:
    """Every repository that GitHub lists for the credential, once, in GitHub's order.

    For an installation token that is exactly what it reaches. For a person's token it is what the *person* may see:
    GitHub lists public ones, and the person's own, also when the token's selection leaves them out. Whoever must know
    asks for each (the inspector does).
    """
    if (
        github.credential is not None
        and recognise(github.credential.reveal()).kind is CredentialKind.INSTALLATION
    ):
        yield from _listed(github, "/installation/repositories", "repositories")
        return
    try:
        yield from _listed(github, "/user/repos", "")
    except GitHubProblem as problem:
        if problem.kind is not ProblemKind.PERMISSION_MISSING or "integration" not in problem.said.lower():
            raise
        yield from _listed(github, "/installation/repositories", "repositories")


def by_id(github: GitHub, number: int) -> RemoteRepository:
    """The repository with this number, whatever its name is now. GitHubProblem when it is not shown."""
    return _known(github, github.get(at("repositories", number)).data)


def by_name(github: GitHub, owner: str, name: str) -> RemoteRepository:
    """The repository of this name, or the one that had it before it was renamed or transferred."""
    try:
        return _known(github, github.get(at("repos", owner, name)).data)
    except GitHubProblem as problem:
        moved_to = problem.to.removeprefix("/repositories/")
        if problem.kind is not ProblemKind.MOVED or not (moved_to.isascii() and moved_to.isdigit()):
            raise
    return by_id(github, int(moved_to))


def _listed(github: GitHub, path: str, key: str) -> Iterator[RemoteRepository]:
    seen: set[int] = set()
    for row in github.pages(path, key=key):
        found = _known(github, row)
        if found.id not in seen:  # one that is pushed to while the pages are read may come twice
            seen.add(found.id)
            yield found


def _known(github: GitHub, row: Any) -> RemoteRepository:
    try:
        owner = row["owner"]
        permissions = row.get("permissions") or {}
        found = RemoteRepository(
            id=_number(row["id"]),
            owner_login=_text(owner["login"]),
            owner_id=_number(owner["id"]),
            owner_kind=OwnerKind.ORGANIZATION if owner.get("type") == "Organization" else OwnerKind.USER,
            name=_text(row["name"]),
            # What does not say that it is public counts as private.
            private=row.get("private") is not False,
            archived=row.get("archived") is True,
            default_branch=row["default_branch"] if isinstance(row.get("default_branch"), str) else "",
            permissions={str(name): value is True for name, value in permissions.items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise GitHubProblem(
            ProblemKind.OTHER,
            message=f"{github.instance.name} described a repository in a way that is not understood.",
        ) from None
    return found


def _number(value: object) -> int:
    if type(value) is not int or value <= 0:
        raise ValueError("not an id")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or _NAME.fullmatch(value) is None:
        raise ValueError("not a name")
    return value
