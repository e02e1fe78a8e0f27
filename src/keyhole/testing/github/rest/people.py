"""Who one is, whom one sees."""

from __future__ import annotations

from typing import Any

from keyhole.testing.github import scopes, shapes, standing
from keyhole.testing.github.answers import Listed, Source, items, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers
from keyhole.testing.github.tokens import Kind
from keyhole.testing.github.world import Organization, User


@answers("users/get-authenticated", source=Source.RECORDED)
def me(call: Call) -> dict[str, Any]:
    """The person behind the token; more of it where a classic token has the scope."""
    token = call.actor.token
    if token is not None and token.has_scopes and "read:user" in scopes.held(token):
        return shapes.private_user(call.user, call.world, call.links)
    return shapes.public_user(call.user, call.world, call.links)


@answers("users/get-by-username")
def somebody(call: Call) -> dict[str, Any]:
    """Anybody."""
    account = call.account
    if isinstance(account, User):
        return shapes.public_user(account, call.world, call.links)
    return shapes.simple(account, call.links)


@answers("users/get-by-id")
def somebody_by_id(call: Call) -> dict[str, Any]:
    """Anybody, by the number that never changes."""
    account = call.world.accounts.get(call.number("account_id"))
    if not isinstance(account, User):
        raise not_found()
    return shapes.public_user(account, call.world, call.links)


@answers("orgs/list-for-authenticated-user")
def my_organizations(call: Call) -> Listed:
    """Empty for fine-grained tokens, whatever they may; cut for classic ones that single sign-on stops."""
    token = call.actor.token
    if token is None or token.kind is Kind.FINE_GRAINED:
        return items([])
    found: list[Organization] = []
    hidden: list[Organization] = []
    for each in call.world.organizations_of(call.user):
        (hidden if standing.blocked(call.world, token, each) == "sso" else found).append(each)
    listed = items([shapes.short_organization(each, call.links) for each in found])
    if hidden:
        listed.headers["x-github-sso"] = "partial-results; organizations=" + ",".join(
            str(each.id) for each in hidden
        )
    return listed


@answers("orgs/get", source=Source.RECORDED)
def an_organization(call: Call) -> dict[str, Any]:
    """An organization."""
    shown = shapes.organization(call.organization, call.world, call.links)
    token, user = call.actor.token, call.actor.user
    owns = user is not None and call.organization.members.get(user.id) == "admin"
    if owns and token is not None and (token.has_scopes or token.owner is call.organization):
        return shown | shapes.of_an_owner(call.organization, call.world)
    return shown


@answers("orgs/list-members")
def members(call: Call) -> Listed:
    """Who is in it."""
    wanted = {"admin": ("admin",), "member": ("member",)}.get(
        call.query.get("role", "all"), ("admin", "member")
    )
    return items(
        [
            shapes.simple(call.world.accounts[number], call.links)
            for number, role in call.organization.members.items()
            if role in wanted
        ]
    )


@answers("orgs/get-membership-for-user", source=Source.RECORDED)
def membership(call: Call) -> dict[str, Any]:
    """What somebody is in it."""
    user = call.world.user(call.param("username"))
    if user is None or user.id not in call.organization.members:
        raise not_found()
    return _membership(call, call.organization, user)


@answers("orgs/get-membership-for-authenticated-user", "orgs/list-memberships-for-authenticated-user")
def my_memberships(call: Call) -> dict[str, Any] | Listed:
    """Where the person behind the token is a member."""
    if "org" in call.route.params:
        if call.user.id not in call.organization.members:
            raise not_found()
        return _membership(call, call.organization, call.user)
    return items([_membership(call, each, call.user) for each in call.world.organizations_of(call.user)])


def _membership(call: Call, organization: Organization, user: User) -> dict[str, Any]:
    api = f"{call.links.api}/orgs/{organization.login}"
    return {
        "url": f"{api}/memberships/{user.login}",
        "state": "active",
        "role": organization.members[user.id],
        "organization_url": api,
        "user": shapes.simple(user, call.links),
        "organization": shapes.short_organization(organization, call.links),
    }
