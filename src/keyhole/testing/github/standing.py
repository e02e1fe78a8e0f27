"""Where a token stands with an organization's policies: blocked by kind, by lifetime, or by single sign-on."""

from __future__ import annotations

from datetime import timedelta

from keyhole.testing.github.actors import Actor
from keyhole.testing.github.answers import Problem, Source, not_found
from keyhole.testing.github.tokens import Kind, SandboxToken
from keyhole.testing.github.world import Account, Organization, Repository, World

_SSO_PAGE = (
    "https://docs.github.com/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/"
)


def blocked(_world: World, token: SandboxToken, account: Account) -> str:
    """Why the organization lets this token reach nothing but what is public; empty when it does not.

    `kind`, `lifetime` or `sso`. An organization's policy never concerns another one, nor its apps.
    """
    if not isinstance(account, Organization) or token.kind is Kind.INSTALLATION:
        return ""
    policy = account.policy
    if not (policy.fine_grained if token.kind is Kind.FINE_GRAINED else policy.classic):
        return "kind"
    if (
        token.kind is Kind.FINE_GRAINED
        and policy.most_days is not None
        and _too_long(token, policy.most_days)
    ):
        return "lifetime"
    # A fine-grained token is authorized for single sign-on when it is made.
    if policy.sso and token.has_scopes and account.id not in token.sso:
        return "sso"
    return ""


def _too_long(token: SandboxToken, most_days: int) -> bool:
    if token.expires_at is None:
        return True
    return token.expires_at - token.created_at > timedelta(days=most_days, hours=1)


def refusal(world: World, token: SandboxToken, account: Account) -> Problem:
    """GitHub's answer to a token that the organization blocks."""
    match blocked(world, token, account):
        case "sso":
            which = "OAuth token" if token.kind is Kind.OAUTH else "Personal Access token"
            return Problem(
                403,
                "Resource protected by organization SAML enforcement. "
                f"You must grant your {which} access to this organization.",
                headers={"x-github-sso": f"required; url={sso_address(account)}"},
                doc=_SSO_PAGE,
            )
        case "lifetime":
            most = account.policy.most_days if isinstance(account, Organization) else 0
            return Problem(
                403,
                f"The '{account.login}' organization forbids access via a fine-grained personal access token if the "
                f"token's lifetime is greater than {most} days. Please adjust your token's lifetime.",
                source=Source.DERIVED,
            )
    kind, other = "a personal access token (classic)", "a personal access token with fine-grained permissions"
    if token.kind is Kind.FINE_GRAINED:
        kind, other = "a fine-grained personal access token", "a personal access token (classic)"
    return Problem(
        403,
        f"`{account.login}` forbids access via {kind}. Please use a GitHub App, OAuth App, or {other}.",
        source=Source.DERIVED,
    )


def sso_address(account: Account) -> str:
    """Where one authorizes a token; GitHub's is valid for an hour."""
    return f"https://github.com/orgs/{account.login}/sso?authorization_request=SANDBOX"


def hidden(world: World, actor: Actor, repository: Repository) -> Problem:
    """What is said of a private repository that the token does not reach: nothing, unless a policy is the reason."""
    token = actor.token
    if (
        token is not None
        and world.role(token.user, repository) != "none"
        and blocked(world, token, repository.owner)
    ):
        belongs = token.has_scopes or token.owner is repository.owner
        if belongs:
            return refusal(world, token, repository.owner)
    return not_found()
