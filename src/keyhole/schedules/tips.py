"""Which state a repository is in, as far as a schedule looks at it."""

from __future__ import annotations

import hashlib

from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.providers.gitcli import run
from keyhole.repositories import mirrors
from keyhole.repositories.models import Repository
from keyhole.scans import refs

NOTHING = ""
"""The state of a repository in which there is nothing to scan."""


def current(caller: Caller, repository: Repository, ref: str) -> str:
    """A digest of what the branch or tag, or all of them, name now. What lies on GitHub is fetched first.

    NOTHING for a repository without commits, or without that branch yet. Raises KeyholeError if it cannot be had.
    """
    if not repository.is_served:
        repository = mirrors.bring_up_to_date(caller, repository, _silent).repository
    if ref:
        try:
            return _digest(refs.named(repository.git_dir, ref).object_id.encode())
        except InvalidInput as problem:
            if problem.field != "ref":
                raise
            return NOTHING
    listed = run(
        repository.git_dir, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/", "refs/tags/"
    )
    return _digest(listed) if listed.strip() else NOTHING


def _digest(listed: bytes) -> str:
    return hashlib.sha256(listed).hexdigest()


def _silent(_what: str, _done: int, _total: int) -> None:
    """Nobody watches a look."""
