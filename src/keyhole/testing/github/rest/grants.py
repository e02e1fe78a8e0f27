"""What an organization's owners see of its members' fine-grained tokens, through an app: requests and grants."""

from __future__ import annotations

from typing import Any

from keyhole.core.permissions import Group, vocabulary
from keyhole.testing.github import shapes
from keyhole.testing.github.answers import Answer, Listed, invalid, items, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers
from keyhole.testing.github.tokens import Kind, SandboxToken, State

_SELECTION = {"public": "none", "all": "all", "selected": "subset"}
_MOST = 100


@answers("orgs/list-pat-grant-requests")
def requests(call: Call) -> Listed:
    """Tokens that wait for approval."""
    return items([_shown(call, each, waiting=True) for each in _of(call, State.PENDING)])


@answers("orgs/list-pat-grants")
def grants(call: Call) -> Listed:
    """Tokens that reach the organization."""
    return items([_shown(call, each, waiting=False) for each in _of(call, State.APPROVED)])


@answers("orgs/list-pat-grant-request-repositories", "orgs/list-pat-grant-repositories")
def repositories(call: Call) -> Listed:
    """What a token is (or would be) for."""
    token = _one(call)
    chosen = [
        each
        for each in call.world.repositories.values()
        if each.owner is token.owner and (token.access == "all" or each.id in token.selected)
    ]
    return items([shapes.repository(each, call.world, call.actor, call.links) for each in chosen])


@answers("orgs/review-pat-grant-request")
def review(call: Call) -> Answer:
    """Approve or deny one request."""
    _decide(call, [_one(call)])
    return Answer(204)


@answers("orgs/review-pat-grant-requests-in-bulk")
def review_many(call: Call) -> Answer:
    """Approve or deny several."""
    _decide(call, _many(call, "pat_request_ids", State.PENDING))
    return Answer(202, {})


@answers("orgs/update-pat-access")
def end(call: Call) -> Answer:
    """End one token's access to the organization."""
    _end(call, [_one(call)])
    return Answer(204)


@answers("orgs/update-pat-accesses")
def end_many(call: Call) -> Answer:
    """End the access of several."""
    _end(call, _many(call, "pat_ids", State.APPROVED))
    return Answer(202, {})


def _decide(call: Call, found: list[SandboxToken]) -> None:
    action = call.body.get("action")
    if action not in {"approve", "deny"}:
        raise invalid("PersonalAccessTokenRequest", "action", "invalid")
    for token in found:
        token.state = State.APPROVED if action == "approve" else State.DENIED


def _end(call: Call, found: list[SandboxToken]) -> None:
    if call.body.get("action") != "revoke":
        raise invalid("PersonalAccessToken", "action", "invalid")
    for token in found:
        token.state = State.DENIED


def _of(call: Call, state: State) -> list[SandboxToken]:
    return [
        each
        for each in call.world.tokens.values()
        if each.kind is Kind.FINE_GRAINED
        and each.owner is call.organization
        and each.state is state
        and not each.revoked
    ]


def _one(call: Call) -> SandboxToken:
    asked = call.number("pat_request_id" if "pat_request_id" in call.route.params else "pat_id")
    state = State.PENDING if "pat_request_id" in call.route.params else State.APPROVED
    for each in _of(call, state):
        if each.id == asked:
            return each
    raise not_found()


def _many(call: Call, field: str, state: State) -> list[SandboxToken]:
    asked = call.body.get(field)
    if not isinstance(asked, list) or not 0 < len(asked) <= _MOST:
        raise invalid("PersonalAccessToken", field, "invalid")
    found = [each for each in _of(call, state) if each.id in asked]
    if len(found) != len(set(asked)):
        raise not_found()
    return found


def _shown(call: Call, token: SandboxToken, *, waiting: bool) -> dict[str, Any]:
    known = vocabulary().permissions
    given: dict[str, dict[str, str]] = {}
    for name, level in token.permissions.items():
        group = {Group.REPOSITORY: "repository", Group.ORGANIZATION: "organization"}.get(
            known[name].group, "other"
        )
        given.setdefault(group, {})[name] = level.word
    what = "personal-access-token-requests" if waiting else "personal-access-tokens"
    made = shapes.zulu(token.created_at)
    return {
        "id": token.id,
        **({"reason": token.reason or None} if waiting else {}),
        "owner": shapes.simple(call.world.accounts[token.user.id if token.user else 0], call.links),
        "repository_selection": _SELECTION[token.access],
        "repositories_url": f"{call.links.api}/organizations/{call.organization.id}/{what}/{token.id}/repositories",
        "permissions": given,
        **({"created_at": made} if waiting else {"access_granted_at": made}),
        "token_id": token.id,
        "token_name": token.name,
        "token_expired": not token.valid(call.world.now()),
        "token_expires_at": shapes.zulu(token.expires_at),
        "token_last_used_at": shapes.zulu(token.used_at),
    }
