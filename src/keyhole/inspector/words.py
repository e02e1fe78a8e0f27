"""What a report says in sentences: the kind, the expiration, the scopes, and what to do about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from keyhole.core.github_credentials import ADVICE, CredentialKind
from keyhole.inspector.reach import Reach
from keyhole.inspector.report import Verdict
from keyhole.providers.github.identity import Identity
from keyhole.providers.github.problems import ProblemKind

SCOPES_NOT_PERMISSIONS = (
    "It has scopes, which hold for everything that its owner reaches, and no permissions."
)

SCOPES = {
    "repo": "read and write everything in every repository that its owner reaches, private ones included",
    "public_repo": "read and write everything in every public repository that its owner may write to",
    "repo:status": "set commit statuses in every repository that its owner may write to",
    "repo_deployment": "make deployments in every repository that its owner may write to",
    "repo:invite": "accept invitations to repositories",
    "security_events": "read and change security alerts of every repository that its owner reaches",
    "workflow": "change workflow files, which run with the secrets of a repository",
    "write:packages": "publish packages",
    "read:packages": "download packages",
    "delete:packages": "delete packages",
    "admin:org": "administer every organization of its owner",
    "write:org": "change teams and memberships of organizations",
    "read:org": "read teams and memberships of organizations",
    "admin:public_key": "add and delete SSH keys of its owner",
    "write:public_key": "add SSH keys of its owner",
    "read:public_key": "read SSH keys of its owner",
    "admin:repo_hook": "add, change and delete webhooks of repositories",
    "write:repo_hook": "add and change webhooks of repositories",
    "read:repo_hook": "read webhooks of repositories",
    "admin:org_hook": "add, change and delete webhooks of organizations",
    "gist": "write gists",
    "notifications": "read notifications and mark them as read",
    "user": "change the profile of its owner and read private details",
    "read:user": "read the private profile of its owner",
    "user:email": "read the email addresses of its owner",
    "user:follow": "follow and unfollow people",
    "project": "read and write projects",
    "read:project": "read projects",
    "delete_repo": "delete repositories",
    "admin:gpg_key": "add and delete GPG keys of its owner",
    "admin:ssh_signing_key": "add and delete SSH signing keys of its owner",
    "codespace": "create and use codespaces, and read their secrets' names",
    "admin:enterprise": "administer the enterprise",
    "audit_log": "read audit logs",
    "copilot": "manage Copilot",
}
"""Scopes of classic tokens, each completing "it can ..."."""


def kind_known_by(identity: Identity) -> str:
    """How the kind is known."""
    if identity.scopes is not None:
        return "GitHub's answer names the scopes that it has."
    if identity.kind is CredentialKind.INSTALLATION:
        return "GitHub answers it as an installation of an App, which is no user."
    return "GitHub's answer names no scopes, and the token has the shape of its kind."


def expiration(identity: Identity) -> str:
    """The expiration in a sentence."""
    if identity.expires_at is None:
        if identity.kind is CredentialKind.FINE_GRAINED:
            return "It has no expiration."
        if identity.kind is CredentialKind.CLASSIC:
            return "It has no expiration: GitHub removes it only after a year without use."
        return "GitHub does not tell when it ends."
    left = identity.expires_at - datetime.now(UTC)
    days = left // timedelta(days=1)
    when = f"{identity.expires_at:%-d %B %Y, %H:%M} UTC"
    return f"It expires on {when}, in {days} days." if days > 1 else f"It expires on {when}: very soon."


def advice(identity: Identity, reach: Reach, hidden_by_sso: Collection[str]) -> Iterator[str]:
    """What to know and do about the credential."""
    if ADVICE[identity.kind].advice:
        yield ADVICE[identity.kind].advice
    for scope in identity.scopes or ():
        yield f"Scope {scope}: it can {SCOPES.get(scope, 'do what GitHub documents for this scope')}."
    if identity.kind in (CredentialKind.FINE_GRAINED, CredentialKind.CLASSIC) and not identity.expires_at:
        yield "A token without an expiration works until somebody remembers it: generate it with one."
    if hidden_by_sso:
        yield (
            f"{len(hidden_by_sso)} organizations left their part out of GitHub's list, since the token is not "
            "authorized for their single sign-on."
        )
    for problem in {each.kind: each for each in reach.problems}.values():
        if problem.kind in (ProblemKind.SSO_REQUIRED, ProblemKind.POLICY, ProblemKind.ROLE_MISSING):
            yield f"{problem.message} {problem.hint}" + (f" {problem.url}" if problem.url else "")
    if not any(each.reached is Verdict.GRANTED for each in reach.repositories):
        yield from _nothing_reached(identity)


def _nothing_reached(identity: Identity) -> Iterator[str]:
    if identity.kind is CredentialKind.FINE_GRAINED:
        yield (
            "No repository was shown to be reached. If it belongs to an organization, it may be waiting for the "
            "approval of an organization owner: until then it reads only what is public. The list of tokens on GitHub "
            "says so. Otherwise select repositories there."
        )
