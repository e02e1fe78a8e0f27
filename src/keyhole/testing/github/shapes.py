"""Accounts and repositories in the shapes that were recorded from api.github.com."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from keyhole.testing.github import gitdata
from keyhole.testing.github.actors import Actor
from keyhole.testing.github.enforce import sees
from keyhole.testing.github.links import Links, node_id
from keyhole.testing.github.world import ROLES, Account, Organization, Repository, User, World

_TEMPLATES = (
    ("forks", "forks"), ("keys", "keys{/key_id}"), ("collaborators", "collaborators{/collaborator}"),
    ("teams", "teams"), ("hooks", "hooks"), ("issue_events", "issues/events{/number}"), ("events", "events"),
    ("assignees", "assignees{/user}"), ("branches", "branches{/branch}"), ("tags", "tags"),
    ("blobs", "git/blobs{/sha}"), ("git_tags", "git/tags{/sha}"), ("git_refs", "git/refs{/sha}"),
    ("trees", "git/trees{/sha}"), ("statuses", "statuses/{sha}"), ("languages", "languages"),
    ("stargazers", "stargazers"), ("contributors", "contributors"), ("subscribers", "subscribers"),
    ("subscription", "subscription"), ("commits", "commits{/sha}"), ("git_commits", "git/commits{/sha}"),
    ("comments", "comments{/number}"), ("issue_comment", "issues/comments{/number}"),
    ("contents", "contents/{+path}"), ("compare", "compare/{base}...{head}"), ("merges", "merges"),
    ("archive", "{archive_format}{/ref}"), ("downloads", "downloads"), ("issues", "issues{/number}"),
    ("pulls", "pulls{/number}"), ("milestones", "milestones{/number}"),
    ("notifications", "notifications{?since,all,participating}"), ("labels", "labels{/name}"),
    ("releases", "releases{/id}"), ("deployments", "deployments"),
)  # fmt: skip
_SETTINGS: dict[str, Any] = {
    "homepage": None,
    "has_issues": True,
    "has_projects": True,
    "has_downloads": True,
    "has_wiki": True,
    "has_pages": False,
    "has_discussions": False,
    "is_template": False,
    "allow_forking": True,
    "web_commit_signoff_required": False,
}
_MERGING: dict[str, Any] = {
    "allow_squash_merge": True,
    "allow_merge_commit": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "delete_branch_on_merge": False,
    "allow_update_branch": False,
    "use_squash_pr_title_as_default": False,
}


def zulu(moment: datetime | None) -> str | None:
    """A moment as GitHub writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment is not None else None


def simple(account: Account, links: Links) -> dict[str, Any]:
    """An account inside other answers."""
    url = f"{links.api}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id(account.kind, account.id),
        "avatar_url": f"{links.base}/avatars/u/{account.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{links.base}/{account.login}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def public_user(user: User, world: World, links: Links) -> dict[str, Any]:
    """`GET /users/{username}`, and `GET /user` without more permissions: as recorded with a fine-grained token."""
    mine = [each for each in world.repositories.values() if each.owner is user]
    return simple(user, links) | {
        "name": user.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": user.email,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": sum(not each.private for each in mine),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": zulu(user.created_at),
        "updated_at": zulu(user.created_at),
    }


def private_user(user: User, world: World, links: Links) -> dict[str, Any]:
    """`GET /user` with the profile in it."""
    private = sum(each.private for each in world.repositories.values() if each.owner is user)
    return public_user(user, world, links) | {
        "private_gists": 0,
        "total_private_repos": private,
        "owned_private_repos": private,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
        "plan": {"name": "sandbox", "space": 976562499, "collaborators": 0, "private_repos": 10000},
    }


def organization(found: Organization, world: World, links: Links) -> dict[str, Any]:
    """What anybody is told of an organization."""
    url = f"{links.api}/orgs/{found.login}"
    public = sum(not each.private for each in world.repositories.values() if each.owner is found)
    return short_organization(found, links) | {
        "name": found.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": found.email,
        "twitter_username": None,
        "is_verified": False,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": public,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{links.base}/{found.login}",
        "created_at": zulu(found.created_at),
        "updated_at": zulu(found.created_at),
        "archived_at": None,
        "type": "Organization",
        "url": url,
    }


def of_an_owner(found: Organization, world: World) -> dict[str, Any]:
    """What only an owner is told of an organization, with GitHub's defaults."""
    private = sum(each.private for each in world.repositories.values() if each.owner is found)
    for_new_repositories = (
        "advanced_security", "dependabot_alerts", "dependabot_security_updates", "dependency_graph", "secret_scanning",
        "secret_scanning_push_protection",
    )  # fmt: skip
    return {
        "total_private_repos": private,
        "owned_private_repos": private,
        "private_gists": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "billing_email": found.email,
        "default_repository_permission": {"pull": "read", "push": "write"}.get(found.base_role, found.base_role),
        "members_can_create_repositories": True,
        "two_factor_requirement_enabled": False,
        "members_allowed_repository_creation_type": "all",
        "members_can_create_public_repositories": True,
        "members_can_create_private_repositories": True,
        "members_can_create_internal_repositories": False,
        "members_can_create_pages": True,
        "members_can_create_public_pages": True,
        "members_can_create_private_pages": True,
        "members_can_fork_private_repositories": False,
        "web_commit_signoff_required": False,
        "plan": {"name": "sandbox", "space": 976562499, "private_repos": 10000, "filled_seats": len(found.members),
                 "seats": 100},
        **{f"{name}_enabled_for_new_repositories": False for name in for_new_repositories},
        "secret_scanning_push_protection_custom_link_enabled": False,
        "secret_scanning_push_protection_custom_link": None,
        "secret_scanning_validity_checks_enabled": False,
    }  # fmt: skip


def short_organization(found: Organization, links: Links) -> dict[str, Any]:
    """An organization in a list."""
    url = f"{links.api}/orgs/{found.login}"
    return {
        "login": found.login,
        "id": found.id,
        "node_id": node_id("Organization", found.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{links.base}/avatars/u/{found.id}?v=4",
        "description": found.things.get("description"),
    }


def repository(found: Repository, world: World, actor: Actor, links: Links) -> dict[str, Any]:
    """A repository in a list."""
    here = links.repository(found.full_name)
    issues = [each for each in found.things.get("issues", {}).values() if each["state"] == "open"]
    host = links.base.split("://", 1)[1]
    return {
        "id": found.id,
        "node_id": node_id("Repository", found.id),
        "name": found.name,
        "full_name": found.full_name,
        "private": found.private,
        "owner": simple(found.owner, links),
        "html_url": here.html,
        "description": found.description,
        "fork": False,
        "url": here.api,
        **{f"{name}_url": f"{here.api}/{rest}" for name, rest in _TEMPLATES},
        "created_at": zulu(found.created_at),
        "updated_at": zulu(found.pushed_at or found.created_at),
        "pushed_at": zulu(found.pushed_at or found.created_at),
        "git_url": f"git://{host}/{found.full_name}.git",
        "ssh_url": f"git@{host}:{found.full_name}.git",
        "clone_url": f"{here.html}.git",
        "svn_url": here.html,
        "size": gitdata.size_on_disk(found.git_dir),
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": None,
        "forks_count": 0,
        "mirror_url": None,
        "archived": found.archived,
        "disabled": False,
        "open_issues_count": len(issues),
        "license": None,
        "topics": list(found.topics),
        "visibility": "private" if found.private else "public",
        "forks": 0,
        "open_issues": len(issues),
        "watchers": 0,
        "default_branch": found.default_branch,
        **{name: found.settings.get(name, default) for name, default in _SETTINGS.items()},
        **({"permissions": permissions(found, world, actor)} if actor.token is not None else {}),
    }


def full_repository(found: Repository, world: World, actor: Actor, links: Links) -> dict[str, Any]:
    """`GET /repos/{owner}/{repo}`, with what only those see who may push."""
    shown = repository(found, world, actor, links) | {"network_count": 0, "subscribers_count": 0}
    if isinstance(found.owner, Organization):
        shown["organization"] = simple(found.owner, links)
    if shown.get("permissions", {}).get("push"):
        shown |= {name: found.settings.get(name, default) for name, default in _MERGING.items()}
    # A credential in an ordinary answer: GitHub puts one here for private repositories.
    for_whom = actor.token.id if actor.token is not None else 0
    mark = hashlib.sha256(f"{found.id} {for_whom}".encode()).hexdigest()[:28]
    shown["temp_clone_token"] = f"sandbox-clone-{mark}" if found.private else ""
    return shown


def permissions(found: Repository, world: World, actor: Actor) -> dict[str, bool]:
    """What the person behind the token is in the repository, as recorded: the token's own permissions do not show."""
    role = world.role(actor.user, found)
    if actor.token is not None and actor.token.installation is not None:
        role = "push" if sees(world, actor, found) else "none"
    held = ROLES.index(role)
    return {
        "admin": held >= ROLES.index("admin"),
        "maintain": held >= ROLES.index("maintain"),
        "push": held >= ROLES.index("push"),
        "triage": held >= ROLES.index("triage"),
        "pull": held >= ROLES.index("pull"),
    }
