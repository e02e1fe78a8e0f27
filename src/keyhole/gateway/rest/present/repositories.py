"""Repositories, and what the token may do in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keyhole.core.grant import Grant
from keyhole.core.permissions import Level
from keyhole.core.request import Repository
from keyhole.gateway.rest.present import owners
from keyhole.gateway.rest.present.links import Links, node_id
from keyhole.gateway.rest.present.moments import zulu

_TEMPLATES = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "contributors": "contributors",
    "deployments": "deployments",
    "downloads": "downloads",
    "events": "events",
    "forks": "forks",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "hooks": "hooks",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "languages": "languages",
    "merges": "merges",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "stargazers": "stargazers",
    "statuses": "statuses/{sha}",
    "subscribers": "subscribers",
    "subscription": "subscription",
    "tags": "tags",
    "teams": "teams",
    "trees": "git/trees{/sha}",
}
_NOT_KEPT: dict[str, Any] = {
    "fork": False,
    "homepage": None,
    "forks_count": 0,
    "forks": 0,
    "stargazers_count": 0,
    "watchers_count": 0,
    "watchers": 0,
    "open_issues_count": 0,
    "open_issues": 0,
    "is_template": False,
    "topics": [],
    "has_issues": False,
    "has_projects": False,
    "has_wiki": False,
    "has_pages": False,
    "has_downloads": False,
    "has_discussions": False,
    "archived": False,
    "disabled": False,
    "license": None,
    "mirror_url": None,
    "allow_forking": False,
    "web_commit_signoff_required": False,
}
"""What a repository of GitHub has and one of a folder has not."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a repository beside its names."""

    description: str
    default_branch: str
    size: int
    """Kilobytes."""
    language: str | None
    connected_at: datetime
    pushed_at: datetime | None


def minimal(repository: Repository, facts: Facts, grant: Grant, links: Links) -> dict[str, Any]:
    """One entry of a list of repositories."""
    here = links.repository(repository.full_name)
    templates = {f"{name}_url": f"{here.api}/{rest}" for name, rest in _TEMPLATES.items()}
    pushed = facts.pushed_at or facts.connected_at
    return {
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": not repository.public,
        "owner": owners.simple(repository.owner, links),
        "html_url": here.html,
        "description": facts.description or None,
        "url": here.api,
        **templates,
        "git_url": f"{here.html}.git",
        "ssh_url": f"{here.html}.git",
        "clone_url": f"{here.html}.git",
        "svn_url": here.html,
        "language": facts.language,
        "size": facts.size,
        "default_branch": facts.default_branch,
        "visibility": "public" if repository.public else "private",
        "created_at": zulu(facts.connected_at),
        "updated_at": zulu(pushed),
        "pushed_at": zulu(pushed),
        "permissions": permissions(repository, grant),
        **_NOT_KEPT,
    }


def full(repository: Repository, facts: Facts, grant: Grant, links: Links) -> dict[str, Any]:
    """`GET /repos/{owner}/{repo}`. There is no `temp_clone_token`: no credential is ever in an answer."""
    return (
        minimal(repository, facts, grant, links)
        | {
            "network_count": 0,
            "subscribers_count": 0,
            "allow_merge_commit": False,
            "allow_squash_merge": False,
            "allow_rebase_merge": False,
            "allow_auto_merge": False,
            "delete_branch_on_merge": False,
            "allow_update_branch": False,
            "custom_properties": {},
        }
        | (
            {"organization": owners.simple(repository.owner, links)}
            if repository.owner.kind.value == "Organization"
            else {}
        )
    )


def permissions(repository: Repository, grant: Grant) -> dict[str, bool]:
    """The roles as this token has them: a token never administers or maintains, whatever its user may."""
    level = grant.permissions.get("contents") if grant.selects(repository) else None
    push = level is not None and level >= Level.WRITE
    return {
        "admin": False,
        "maintain": False,
        "push": push,
        "triage": False,
        "pull": repository.public or level is not None,
    }
