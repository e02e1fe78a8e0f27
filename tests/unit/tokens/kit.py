"""Tokens and requests for tests of the rooms around them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from keyhole.accounts.services import local_caller, owner_for
from keyhole.core.grant import Access
from keyhole.core.permissions import GIT_FETCH, Level
from keyhole.core.request import OwnerKind, Repository, Request
from keyhole.tokens.authority import Circumstances
from keyhole.tokens.services import Issued, TokenSpec, generate
from tests import canaries

_numbers = itertools.count(1)
CIRCUMSTANCES = Circumstances(
    surface="git",
    method="POST",
    target="/acme/tool.git/git-upload-pack",
    address="192.0.2.7",
    agent="git/2.39",
)


def owner():
    return owner_for("acme", OwnerKind.ORGANIZATION)


def issue(**changes) -> Issued:
    """A token that may read repository 7 of acme."""
    owner()
    spec = {
        "name": f"tool {next(_numbers)}",
        "owner_login": "acme",
        "access": Access.SELECTED,
        "repository_ids": frozenset({7}),
        "permissions": {"contents": Level.READ},
    }
    issued = generate(local_caller(), TokenSpec(**{**spec, **changes}))
    canaries.watch("unit token", issued.secret.reveal())
    return issued


def fetch(repository_id: int = 7, *, public: bool = False) -> Request:
    """The request to clone a repository of acme."""
    repository = Repository(repository_id, owner().as_core(), "tool", public)
    return Request(GIT_FETCH, datetime.now(UTC), (repository,))
