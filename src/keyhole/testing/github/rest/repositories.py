"""Repositories: which ones, what they are, renaming and deleting them."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github import shapes, standing
from keyhole.testing.github.answers import Listed, Source, items
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers
from keyhole.testing.github.world import Organization, Repository


@answers("repos/get", source=Source.RECORDED)
def get(call: Call) -> dict[str, Any]:
    """One repository."""
    return shapes.full_repository(call.repository, call.world, call.actor, call.links)


@answers("repos/list-for-authenticated-user")
def mine(call: Call) -> Listed:
    """What the *person* may see: for a fine-grained token also public and own ones outside its selection."""
    found = [each for each in call.world.repositories.values() if _is_mine(call, each)]
    listed = _listed(call, found)
    token = call.actor.token
    if token is not None and token.has_scopes:
        hidden = [
            each
            for each in call.world.organizations_of(call.user)
            if standing.blocked(call.world, token, each)
        ]
        if hidden:
            listed.headers["x-github-sso"] = "partial-results; organizations=" + ",".join(
                str(each.id) for each in hidden
            )
    return listed


def _is_mine(call: Call, repository: Repository) -> bool:
    user, token = call.user, call.actor.token
    involved = (
        repository.owner is user
        or user.id in repository.collaborators
        or (isinstance(repository.owner, Organization) and user.id in repository.owner.members)
    )
    if not involved or call.world.role(user, repository) == "none":
        return False
    wanted = call.query.get("visibility", "all")
    if wanted in {"public", "private"} and (wanted == "private") is not repository.private:
        return False
    return call.sees(repository) or (repository.owner is user and token is not None and token.owner is user)


@answers("repos/list-for-org", "repos/list-for-user")
def of_an_owner(call: Call) -> Listed:
    """What of an owner's repositories the token sees."""
    found = [
        each for each in call.world.repositories.values() if each.owner is call.account and call.sees(each)
    ]
    return _listed(call, found)


def _listed(call: Call, found: list[Repository]) -> Listed:
    found.sort(key=lambda each: each.full_name.lower())
    return items([shapes.repository(each, call.world, call.actor, call.links) for each in found])
