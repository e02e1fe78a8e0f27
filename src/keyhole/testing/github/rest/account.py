"""What belongs to the person behind the token: emails, stars, whom they follow and block, their teams."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github import shapes
from keyhole.testing.github.answers import Answer, Listed, items, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers
from keyhole.testing.github.tokens import Kind
from keyhole.testing.github.world import User

_LISTS = {"follow": "following", "block": "blocks"}


@answers("users/list-emails-for-authenticated-user", "users/list-public-emails-for-authenticated-user")
def emails(call: Call) -> Listed:
    """The one address that is known."""
    address = call.user.email or f"{call.user.login}@example.invalid"
    return items([{"email": address, "primary": True, "verified": True, "visibility": "public"}])


@answers("users/list-followed-by-authenticated-user", "users/list-blocked-by-authenticated-user")
def people(call: Call) -> Listed:
    """Whom one follows, or blocks."""
    found = _kept(call, "following" if "followed" in call.rule.id else "blocks")
    return items([shapes.simple(call.world.accounts[number], call.links) for number in found])


@answers(
    "users/check-person-is-followed-by-authenticated", "users/follow", "users/unfollow",
    "users/check-blocked", "users/block", "users/unblock",
)  # fmt: skip
def person(call: Call) -> Answer:
    """Follow, block, and whether. Unfollowing somebody whom one does not follow is answered like a success."""
    account = call.world.account(call.param("username"))
    if account is None:
        raise not_found()
    found = _kept(call, "following" if "/following" in call.rule.operation.path else "blocks")
    match call.rule.operation.method:
        case "PUT":
            found.add(account.id)
        case "DELETE":
            found.discard(account.id)
        case _ if account.id not in found:
            raise not_found()
    return Answer(204)


def _kept(call: Call, name: str) -> set[int]:
    found: set[int] = call.user.things.setdefault(name, set())
    return found


@answers("users/list-followers-for-authenticated-user")
def followers(call: Call) -> Listed:
    """Who follows one."""
    everybody = [each for each in call.world.accounts.values() if isinstance(each, User)]
    found = [each for each in everybody if call.user.id in each.things.get("following", ())]
    return items([shapes.simple(each, call.links) for each in found])


@answers(
    "activity/list-repos-starred-by-authenticated-user", "activity/list-watched-repos-for-authenticated-user"
)
def starred(call: Call) -> Listed:
    """Starred or watched, of what the token sees: the same with and without the permission would be [] for none."""
    found = _kept(call, "starred" if "starred" in call.rule.id else "watched")
    seen = [call.world.repositories[number] for number in sorted(found) if number in call.world.repositories]
    return items(
        [shapes.repository(each, call.world, call.actor, call.links) for each in seen if call.sees(each)]
    )


@answers(
    "activity/check-repo-is-starred-by-authenticated-user",
    "activity/star-repo-for-authenticated-user",
    "activity/unstar-repo-for-authenticated-user",
)
def star(call: Call) -> Answer:
    """Stars."""
    found, number = _kept(call, "starred"), call.repository.id
    match call.rule.operation.method:
        case "PUT":
            found.add(number)
        case "DELETE":
            found.discard(number)
        case _ if number not in found:
            raise not_found()
    return Answer(204)


@answers("teams/list-for-authenticated-user")
def teams(call: Call) -> Listed:
    """Of a fine-grained token only those of its resource owner; the sandbox keeps no members of teams."""
    token = call.actor.token
    owner = token.owner if token is not None and token.kind is Kind.FINE_GRAINED else None
    found = [
        each
        for organization in call.world.organizations_of(call.user)
        if owner is None or organization is owner
        for each in organization.things.get("teams", {}).values()
    ]
    return items(found)


@answers("teams/list", "teams/create", "teams/get-by-name")
def organization_teams(call: Call) -> Answer | Listed | dict[str, Any]:
    """Teams of an organization: a name and an id."""
    kept: dict[str, dict[str, Any]] = call.organization.things.setdefault("teams", {})
    if "team_slug" in call.route.params:
        found = kept.get(call.param("team_slug").lower())
        if found is None:
            raise not_found()
        return found
    if call.rule.operation.method == "GET":
        return items(list(kept.values()))
    name = str(call.body["name"])
    slug = "-".join(name.lower().split())
    number = call.world.new_id()
    at = f"{call.links.api}/organizations/{call.organization.id}/team/{number}"
    kept[slug] = {
        "id": number,
        "node_id": f"sandbox-team-{number}",
        "url": at,
        "html_url": f"{call.base}/orgs/{call.organization.login}/teams/{slug}",
        "name": name,
        "slug": slug,
        "description": call.body.get("description"),
        "privacy": call.body.get("privacy", "secret"),
        "permission": "pull",
        "members_url": f"{at}/members{{/member}}",
        "repositories_url": f"{at}/repos",
        "parent": None,
    }
    return Answer(201, kept[slug])
