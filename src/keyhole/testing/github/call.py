"""One authorized request, and what a handler needs to answer it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keyhole.testing.github.actors import Actor
from keyhole.testing.github.answers import Problem, not_found
from keyhole.testing.github.enforce import Subject, sees
from keyhole.testing.github.limits import Meters
from keyhole.testing.github.links import Links, RepositoryLinks
from keyhole.testing.github.table import Route, Rule
from keyhole.testing.github.world import Account, Organization, Repository, User, World


@dataclass(slots=True)
class Call:
    """An API request that may be made."""

    world: World
    actor: Actor
    route: Route
    subject: Subject
    meters: Meters
    base: str
    """Address of the sandbox, without a slash at the end."""
    address: str = ""
    """Where the client is."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    """The body as it was sent."""
    body: dict[str, Any] = field(default_factory=dict)
    """The body, if it was a JSON object."""

    @property
    def rule(self) -> Rule:
        """The operation."""
        return self.route.rule

    @property
    def links(self) -> Links:
        """Addresses in answers."""
        return Links(self.base)

    @property
    def repository(self) -> Repository:
        """The repository that the path names."""
        if self.subject.repository is None:
            raise not_found()
        return self.subject.repository

    @property
    def here(self) -> RepositoryLinks:
        """Addresses of that repository."""
        return self.links.repository(self.repository.full_name)

    @property
    def account(self) -> Account:
        """The account that the path names."""
        if self.subject.account is None:
            raise not_found()
        return self.subject.account

    @property
    def organization(self) -> Organization:
        """The organization that the path names."""
        if not isinstance(self.subject.account, Organization):
            raise not_found()
        return self.subject.account

    @property
    def user(self) -> User:
        """The person behind the token."""
        if self.actor.user is None:
            raise Problem(403, "Resource not accessible by integration")
        return self.actor.user

    def param(self, name: str) -> str:
        """A value of the path, decoded."""
        return self.route.params[name]

    def number(self, name: str) -> int:
        """A value of the path that is a number; 404 when it is none."""
        text = self.route.params[name]
        if not text.isdigit():
            raise not_found()
        return int(text)

    def sees(self, repository: Repository) -> bool:
        """Whether the client may know of this repository."""
        return sees(self.world, self.actor, repository)


def json_object(raw: bytes) -> dict[str, Any]:
    """The body as an object; an absent one is empty. Raises Problem 400 for anything else."""
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw)
    except ValueError:
        raise Problem(400, "Problems parsing JSON") from None
    if not isinstance(found, dict):
        raise Problem(400, "Body should be a JSON object")
    return found
