"""Whether something that a path names is there: 404 for what is below nothing."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github import gitdata
from keyhole.testing.github.call import Call
from keyhole.testing.github.world import Account, Repository, World

_BY_COLLECTION = {
    "issue_number": "issues",
    "pull_number": "pulls",
    "release_id": "releases",
    "deployment_id": "deployments",
    "milestone_number": "milestones",
    "run_id": "runs",
    "environment_name": "environments",
    "hook_id": "hooks",
}
_GIT = {
    "ref": "commit",
    "sha": "commit",
    "commit_sha": "commit",
    "branch": "commit",
    "tree_sha": "tree",
    "file_sha": "blob",
}


ACCOUNTS = {"username", "assignee", "target_user"}
"""Parameters that name somebody, wherever they stand."""


def store_of(call: Call) -> dict[str, Any]:
    """Where generic things are kept: with the repository, the account or the person that the path is about."""
    path, subject = call.rule.operation.path, call.subject
    holder: Account | Repository | World | None = call.actor.user
    if path.startswith(("/repos/{owner}/{repo}", "/repositories/")):
        holder = subject.repository
    elif path.startswith(("/orgs/{org}", "/users/{username}")):
        holder = subject.account
    kept: dict[str, Any] = (holder or call.world).things.setdefault("generic", {})
    return kept


def exists(call: Call, name: str) -> bool:
    """Whether the thing that the path parameter `name` stands for is there."""
    value = call.param(name)
    if name in ACCOUNTS:
        return call.world.account(value) is not None
    repository = call.subject.repository
    if repository is not None and name in _BY_COLLECTION:
        kept = repository.things.get(_BY_COLLECTION[name], {})
        if value in kept or (value.isdigit() and int(value) in kept):
            return True
    if repository is not None and name in _GIT:
        return gitdata.resolve(repository.git_dir, value, _GIT[name]) is not None
    wanted = f"/{value}/"
    return any(wanted in f"/{key}/" for key in store_of(call))
