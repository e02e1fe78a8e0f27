"""Which state a repository is in, as far as a schedule looks at it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from keyhole.core.caller import Caller
from keyhole.core.errors import InvalidInput
from keyhole.core.refs import is_name, is_text
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


def may_have(repository: Repository, ref: str) -> bool:
    """Whether it has the branch or tag, as far as is known here: GitHub is not asked, nor is what was not fetched."""
    try:
        refs.named(repository.git_dir, ref)
    except InvalidInput as problem:
        return problem.field != "ref"
    return True


class Branches(NamedTuple):
    """The branches of a repository, and the one that a scan of no branch looks at the files of."""

    head: str
    """Full name of the branch that HEAD names; empty if it names none."""
    commit: str
    """What HEAD names; empty if there is none yet."""
    tips: Mapping[str, str]
    """Commits by full names of branches. One that no scan could be made of, as its name is not UTF-8, is not there."""


def branches(repository: Repository) -> Branches:
    """What there is now; `current` has fetched it. Raises KeyholeError if it cannot be had."""
    git_dir = repository.git_dir
    listed = run(git_dir, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/")
    pairs = (line.split(" ", 1) for line in listed.decode("utf-8", "surrogateescape").split("\n")[:-1])
    there = {name: commit for commit, name in pairs if is_name(name) and is_text(name)}
    return Branches(refs.head_ref(git_dir), refs.head(git_dir), there)


def _digest(listed: bytes) -> str:
    return hashlib.sha256(listed).hexdigest()


def _silent(_what: str, _done: int, _total: int) -> None:
    """Nobody watches a look."""
