"""Accounts: users and organizations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keyhole.core.request import Owner, OwnerKind
from keyhole.gateway.rest.present.links import Links, node_id
from keyhole.gateway.rest.present.moments import zulu


@dataclass(frozen=True, slots=True)
class Counts:
    """Repositories of an account, as far as the token can tell."""

    public: int
    private: int


def simple(owner: Owner, links: Links) -> dict[str, Any]:
    """The short form that other answers hold."""
    url = links.user(owner.login)
    return {
        "login": owner.login,
        "id": owner.id,
        "node_id": node_id(owner.kind.value, owner.id),
        "avatar_url": "",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{links.base}/{owner.login}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": owner.kind.value,
        "user_view_type": "public",
        "site_admin": False,
    }


def public(owner: Owner, created_at: datetime, counts: Counts, links: Links) -> dict[str, Any]:
    """`GET /users/{username}`. What Keyhole does not know about a person is null."""
    return simple(owner, links) | {
        "name": None,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": counts.public,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": zulu(created_at),
        "updated_at": zulu(created_at),
    }


def organization(owner: Owner, created_at: datetime, counts: Counts, links: Links) -> dict[str, Any]:
    """`GET /orgs/{org}`."""
    url = f"{links.api}/orgs/{owner.login}"
    return {
        "login": owner.login,
        "id": owner.id,
        "node_id": node_id(OwnerKind.ORGANIZATION.value, owner.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": "",
        "description": "",
        "is_verified": False,
        "has_organization_projects": False,
        "has_repository_projects": False,
        "public_repos": counts.public,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{links.base}/{owner.login}",
        "type": OwnerKind.ORGANIZATION.value,
        "total_private_repos": counts.private,
        "owned_private_repos": counts.private,
        "created_at": zulu(created_at),
        "updated_at": zulu(created_at),
        "archived_at": None,
    }
