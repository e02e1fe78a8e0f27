"""Scopes of classic tokens: what each includes, and which an operation accepts.

GitHub publishes no table of them per operation; this is derived from "Scopes for OAuth apps" and the notes in the
REST documentation, by the part of the API that an operation belongs to.
"""

from __future__ import annotations

import re

from keyhole.testing.github.table import Rule
from keyhole.testing.github.tokens import SandboxToken

_INCLUDES = {
    "repo": ("repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"),
    "admin:org": ("write:org", "read:org"),
    "write:org": ("read:org",),
    "admin:public_key": ("write:public_key", "read:public_key"),
    "write:public_key": ("read:public_key",),
    "admin:repo_hook": ("write:repo_hook", "read:repo_hook"),
    "write:repo_hook": ("read:repo_hook",),
    "user": ("read:user", "user:email", "user:follow"),
    "project": ("read:project",),
    "admin:gpg_key": ("write:gpg_key", "read:gpg_key"),
    "write:gpg_key": ("read:gpg_key",),
    "admin:ssh_signing_key": ("write:ssh_signing_key", "read:ssh_signing_key"),
    "admin:enterprise": ("manage_runners:enterprise", "manage_billing:enterprise", "read:enterprise"),
    "codespace": ("codespace:secrets",),
    "write:packages": ("read:packages",),
}
_BY_REPOSITORY_PART = {
    "statuses": ("repo", "repo:status"),
    "deployments": ("repo", "repo_deployment"),
    "hooks": ("admin:repo_hook", "read:repo_hook", "repo", "write:repo_hook"),
    "collaborators": ("public_repo", "repo", "repo:invite"),
    "code-scanning": ("public_repo", "repo", "security_events"),
    "secret-scanning": ("public_repo", "repo", "security_events"),
    "dependabot": ("public_repo", "repo", "security_events"),
}


def held(token: SandboxToken) -> tuple[str, ...]:
    """The token's scopes with all that they include."""
    found = list(token.scopes)
    for scope in found:
        found += [each for each in _INCLUDES.get(scope, ()) if each not in found]
    return tuple(found)


_ORGANIZATION_READ = ("admin:org", "read:org", "repo", "user", "write:org")
_BY_PATH: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (r"/gists.*", (), ("gist",)),
    (r"/user/repos", (), ("public_repo", "repo")),
    (r"/user/(orgs|teams)", _ORGANIZATION_READ, _ORGANIZATION_READ),
    (r"/user/emails?(/.*)?", ("user", "user:email"), ("user",)),
    (
        r"/user/keys(/.*)?",
        ("admin:public_key", "read:public_key", "write:public_key"),
        ("admin:public_key", "write:public_key"),
    ),
    (
        r"/user/gpg_keys(/.*)?",
        ("admin:gpg_key", "read:gpg_key", "write:gpg_key"),
        ("admin:gpg_key", "write:gpg_key"),
    ),
    (
        r"/user/ssh_signing_keys(/.*)?",
        ("admin:ssh_signing_key", "read:ssh_signing_key"),
        ("admin:ssh_signing_key",),
    ),
    (r"/user/following(/.*)?", (), ("user", "user:follow")),
    (r"/user/blocks(/.*)?", ("user",), ("user",)),
    (r"/user/codespaces(/.*)?", ("codespace",), ("codespace",)),
    (r"/user", (), ("user",)),
    (r"/orgs/{org}/hooks.*", ("admin:org_hook",), ("admin:org_hook",)),
    (r"/orgs/{org}/repos", (), ("public_repo", "repo")),
    (r"/(orgs|teams)/.*", _ORGANIZATION_READ, ("admin:org",)),
    (r"/notifications.*", ("notifications", "repo"), ("notifications", "repo")),
    (r"/enterprises/.*", ("admin:enterprise", "read:enterprise"), ("admin:enterprise",)),
)
"""Path, scopes to read, scopes to write; the first that matches."""


def accepted(rule: Rule) -> tuple[str, ...]:
    """One of these scopes is needed, sorted as in `X-Accepted-OAuth-Scopes`; empty: none is."""
    path = rule.operation.path
    if path.startswith(("/repos/", "/repositories/")):
        return _for_repository(rule, path.split("/")[1:])
    reads = rule.operation.method == "GET"
    for pattern, to_read, to_write in _BY_PATH:
        if re.fullmatch(pattern, path):
            return to_read if reads else to_write
    return ()


def _for_repository(rule: Rule, parts: list[str]) -> tuple[str, ...]:
    part = parts[3] if len(parts) > 3 else ""
    if len(parts) == 3 and rule.operation.method == "DELETE":
        return ("delete_repo",)
    if len(parts) == 3:
        return ("repo",)
    if part in _BY_REPOSITORY_PART:
        return _BY_REPOSITORY_PART[part]
    return ("public_repo", "repo")
