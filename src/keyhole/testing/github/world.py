"""Who and what exists in the sandbox: accounts, memberships, organization policies and repositories, in memory.

Everything has an id that is never used again; names change, ids do not. One lock guards it all: each request is
answered, and each change by a test is made, while holding it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyhole.testing.github.apps import App, Installation
    from keyhole.testing.github.tokens import SandboxToken

ROLES = ("none", "pull", "triage", "push", "maintain", "admin")
"""What a person may be in a repository, least first; GitHub's pages say read, triage, write, maintain, admin."""


@dataclass(eq=False, slots=True)
class Account:
    """A user or an organization."""

    id: int
    login: str
    created_at: datetime
    name: str | None = None
    email: str | None = None
    things: dict[str, Any] = field(default_factory=dict)
    """Whatever else was made for this account through the API, by the path it is at."""

    kind = "User"

    def __repr__(self) -> str:
        return f"<{self.kind} {self.login}>"


@dataclass(eq=False, slots=True, repr=False)
class User(Account):
    """A person."""


@dataclass(slots=True)
class Policy:
    """What an organization lets personal access tokens do; the defaults are GitHub's."""

    fine_grained: bool = True
    """Whether fine-grained tokens may reach the organization at all."""
    classic: bool = True
    """Whether classic tokens may."""
    approval: bool = True
    """Whether a fine-grained token of somebody who is no owner waits for an owner's approval."""
    most_days: int | None = 366
    """Longest lifetime of a fine-grained token; None is no limit."""
    sso: bool = False
    """Whether SAML single sign-on is enforced."""


@dataclass(eq=False, slots=True, repr=False)
class Organization(Account):
    """An organization with its people."""

    members: dict[int, str] = field(default_factory=dict)
    """User id -> `admin` (an owner of the organization) or `member`."""
    base_role: str = "pull"
    """What every member is in every repository."""
    policy: Policy = field(default_factory=Policy)

    kind = "Organization"


@dataclass(eq=False, slots=True)
class Repository:
    """A repository: its git directory, and what was made in it through the API."""

    id: int
    owner: Account
    name: str
    private: bool
    git_dir: Path
    created_at: datetime
    default_branch: str = "main"
    description: str | None = None
    archived: bool = False
    pushed_at: datetime | None = None
    collaborators: dict[int, str] = field(default_factory=dict)
    """User id -> one of ROLES, beside what owners and members have anyway."""
    topics: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    """Fields of the repository that were set through the API."""
    things: dict[str, Any] = field(default_factory=dict)
    """Whatever was made in it through the API: collections by name."""

    @property
    def full_name(self) -> str:
        """`owner/name` as it is now."""
        return f"{self.owner.login}/{self.name}"

    def __repr__(self) -> str:
        return f"<Repository {self.full_name} {self.id}>"


class World:
    """All there is, by id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self.accounts: dict[int, Account] = {}
        self.repositories: dict[int, Repository] = {}
        self.tokens: dict[str, SandboxToken] = {}
        """By their text: the sandbox's tokens open nothing but the sandbox."""
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.moved: dict[str, int] = {}
        """Former full name, folded -> repository id."""
        self.shift = timedelta(0)
        """How far the sandbox's clock is ahead of the machine's."""
        self.changes = 0
        self.things: dict[str, Any] = {}
        self._ids = itertools.count(1001)

    def now(self) -> datetime:
        """The sandbox's time, in UTC."""
        return datetime.now(UTC) + self.shift

    def new_id(self) -> int:
        """A number that was never used."""
        return next(self._ids)

    def account(self, login: str) -> Account | None:
        """The account of that name, whatever its case."""
        return next((each for each in self.accounts.values() if each.login.lower() == login.lower()), None)

    def user(self, login: str) -> User | None:
        """The person of that name."""
        found = self.account(login)
        return found if isinstance(found, User) else None

    def organization(self, login: str) -> Organization | None:
        """The organization of that name."""
        found = self.account(login)
        return found if isinstance(found, Organization) else None

    def repository(self, full_name: str) -> Repository | None:
        """The repository that has this name now."""
        wanted = full_name.lower()
        return next((each for each in self.repositories.values() if each.full_name.lower() == wanted), None)

    def renamed(self, full_name: str) -> Repository | None:
        """The repository that had this name before, unless another has it now."""
        return self.repositories.get(self.moved.get(full_name.lower(), 0))

    def organizations_of(self, user: User) -> Iterator[Organization]:
        """Where a person is a member."""
        for each in self.accounts.values():
            if isinstance(each, Organization) and user.id in each.members:
                yield each

    def role(self, user: User | None, repository: Repository) -> str:
        """What a person is in a repository: one of ROLES. Everybody may read what is public."""
        found = "none" if repository.private else "pull"
        if user is None:
            return found
        owner = repository.owner
        given = [found, repository.collaborators.get(user.id, "none")]
        if owner is user:
            given.append("admin")
        elif isinstance(owner, Organization) and user.id in owner.members:
            given.append("admin" if owner.members[user.id] == "admin" else owner.base_role)
        return max(given, key=ROLES.index)
