"""The typed thing to be judged. Everything a decision may depend on is a field; nothing else is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keyhole.core.permissions import Operation


class OwnerKind(StrEnum):
    """What a resource owner is."""

    USER = "User"
    ORGANIZATION = "Organization"


@dataclass(frozen=True, slots=True)
class Owner:
    """A resource owner: the account that repositories belong to."""

    id: int
    """Immutable; decisions use this and never the login."""
    login: str
    kind: OwnerKind


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it was found, by name or id, at the moment of the request."""

    id: int
    """Immutable; follows renames, is never used again after a deletion."""
    owner: Owner
    name: str
    public: bool

    @property
    def full_name(self) -> str:
        """`owner/name`, as people write it."""
        return f"{self.owner.login}/{self.name}"


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One ref that a request would move, on whatever surface it arrived."""

    ref: str
    """Full name, for example `refs/heads/main`."""
    old: str
    """Object id before, all zeros when the ref is new."""
    new: str
    """Object id after, all zeros when the ref goes away; empty when the gateway itself will make it."""
    touches_workflows: bool | None
    """Whether any new commit changes `.github/workflows/`; None means not known, and counts as yes."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, complete. A field that could not be found out holds the value that denies."""

    operation: Operation | None
    """None when no documented operation matches, which denies."""
    at: datetime
    """When it is judged, with time zone."""
    repositories: tuple[Repository | None, ...] = ()
    """Every repository it names, in path or body; None stands for one that does not exist."""
    owner: Owner | None = None
    """The account named by the path (`/orgs/{org}`, `/users/{username}`), if it exists."""
    updates: tuple[RefUpdate, ...] | None = None
    """The refs it would move; None means not known, and the strictest permission set is then needed."""
