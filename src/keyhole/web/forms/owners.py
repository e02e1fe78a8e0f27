"""The resource owners that a person can choose from, with their repositories."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.accounts.models import Owner
from keyhole.accounts.services import require
from keyhole.core.caller import Caller
from keyhole.core.request import Owner as CoreOwner
from keyhole.core.request import OwnerKind
from keyhole.repositories import services as repositories
from keyhole.repositories.models import Repository


@dataclass(frozen=True, slots=True)
class Owners:
    """Resource owners by login, those with repositories first."""

    rows: dict[str, Owner]
    connected: dict[str, list[Repository]]

    @classmethod
    def for_caller(cls, caller: Caller) -> Owners:
        """The owners of connected repositories, and the person's own account."""
        connected: dict[str, list[Repository]] = {}
        rows: dict[str, Owner] = {}
        for repository in repositories.list_repositories(caller):
            if not repository.is_served:
                continue  # no token opens what the gateway does not pass on
            rows.setdefault(repository.owner.login, repository.owner)
            connected.setdefault(repository.owner.login, []).append(repository)
        own = require(caller, "token:create").owner
        rows.setdefault(own.login, own)
        return cls(rows, connected)

    @property
    def logins(self) -> list[str]:
        """All of them."""
        return list(self.rows)

    @property
    def usual(self) -> str:
        """The one with the most repositories: what a token is most often for."""
        return max(self.rows, key=lambda login: len(self.connected.get(login, [])))

    def repositories_of(self, login: str) -> list[Repository]:
        """The owner's repositories; none for an unknown owner."""
        return self.connected.get(login, [])

    def core(self, login: str) -> CoreOwner:
        """The value that grants are made of; the usual owner's for an unknown login."""
        return self.rows.get(login, self.rows[self.usual]).as_core()

    def kind_of(self, login: str) -> OwnerKind:
        """Whether it is a person or an organization."""
        return self.core(login).kind
