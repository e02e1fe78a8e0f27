"""What to send to the person who approves the token, and how to register a GitHub App instead of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from keyhole.core.request import OwnerKind
from keyhole.planner.link import token_name
from keyhole.planner.plan import Plan
from keyhole.providers.github.instance import Instance

_APP_NAMES = {"emails": "email_addresses", "keys": "git_ssh_keys"}
"""Permissions that GitHub Apps know by another name (the `app-permissions` of GitHub's OpenAPI description)."""


def approver_text(plan: Plan, instance: Instance) -> str:
    """A message to an owner of the organization; empty when nobody has to approve a token."""
    if plan.request.owner_kind is not OwnerKind.ORGANIZATION or plan.empty or not plan.takes_token:
        return ""
    owner = plan.request.owner or "the organization"
    days = plan.request.days
    where = ", ".join(plan.request.repositories) or "the repositories named in the request"
    lines = [
        f"I have asked for a fine-grained personal access token for {owner} and need your approval.",
        "",
        f"Token: {token_name(plan)}",
        f"Expires: {'never' if days is None else f'after {days} days'}",
        f"Repositories: {where if plan.needs_repositories else 'none'}",
        "Permissions, and what each is for:",
    ]
    for granted in plan.granted:
        by = ", ".join(dict.fromkeys(demand.by for demand in granted.reasons[:3]))
        lines.append(f"- {granted.title}: {granted.level.word} ({by})")
    lines += [
        "",
        "It has no other permission. You find the request here:",
        approval_address(plan, instance),
        "Until you approve it, the token reads public resources only.",
    ]
    return "\n".join(lines)


def approval_address(plan: Plan, instance: Instance) -> str:
    """Where an owner of the organization finds requests for tokens."""
    owner = quote(plan.request.owner or "ORGANIZATION", safe="")
    return f"{instance.web}/organizations/{owner}/settings/personal-access-token-requests"


def app_permissions(plan: Plan) -> dict[str, str]:
    """All permissions, those that only an App can have included, under the names that App manifests use."""
    held = {_APP_NAMES.get(each.name, each.name): each.level.word for each in plan.granted}
    return dict(sorted({**held, **plan.app_only}.items()))


def registers_an_app(plan: Plan) -> bool:
    """Whether a tool of the plan signs in as a GitHub App that its user registers."""
    return any(preset.needs_app and not preset.hosted for preset in plan.presets)


def app_link(plan: Plan, instance: Instance) -> str:
    """The address of GitHub's form "Register new GitHub App", filled in; empty when no App is registered.

    https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-using-url-parameters
    """
    if not registers_an_app(plan):
        return ""
    owner = plan.request.owner
    organization = plan.request.owner_kind is OwnerKind.ORGANIZATION and owner
    form = (
        f"/organizations/{quote(owner, safe='')}/settings/apps/new" if organization else "/settings/apps/new"
    )
    fields = [("name", _app_name(plan)), ("public", "false"), ("webhook_active", "false")]
    fields += [(name, word) for name, word in app_permissions(plan).items() if name != "single_file"]
    return f"{instance.web}{form}?{urlencode(fields, quote_via=quote)}"


def _app_name(plan: Plan) -> str:
    return token_name(plan).removesuffix(" token")[:34]


def manifest(plan: Plan, home: str) -> str:
    """A GitHub App manifest (JSON) with these permissions; `home` is the address that GitHub shows for the App.

    https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
    """
    content: Mapping[str, object] = {
        "name": _app_name(plan),
        "url": home,
        "hook_attributes": {"url": home, "active": False},
        "public": False,
        "default_permissions": {
            name: word for name, word in app_permissions(plan).items() if name != "single_file"
        },
        "default_events": [],
    }
    return json.dumps(content, indent=2)
