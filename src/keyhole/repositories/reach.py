"""Which of the repositories that GitHub lists a credential really reaches.

GitHub lists for a person's token what the person may see; a fine-grained token reaches less. So each repository is
asked about with a request that only a token which selects it may make: the list of collaborators, which needs nothing
but `metadata: read`, and needs that on public repositories too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keyhole.core.github_credentials import CredentialKind
from keyhole.providers.github.client import GitHub, at
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.github.repositories import RemoteRepository, reachable

_AS_LISTED = frozenset(
    {CredentialKind.CLASSIC.value, CredentialKind.OAUTH.value, "app", CredentialKind.INSTALLATION.value}
)
"""Kinds for which GitHub lists exactly what they reach."""
_NOT_REACHED = frozenset(
    {
        ProblemKind.PERMISSION_MISSING,
        ProblemKind.NOT_FOUND_OR_NOT_SELECTED,
        ProblemKind.SSO_REQUIRED,
        ProblemKind.POLICY,
    }
)


@dataclass(frozen=True, slots=True)
class Reached:
    """A repository that can be read."""

    remote: RemoteRepository
    selected: bool
    """Whether the credential's permissions hold for it; a public one can be read without."""


def reached(client: GitHub, kind: str) -> Iterator[Reached]:
    """What the credential of this kind can read. GitHubProblem when GitHub does not answer, or not with a list."""
    for remote in reachable(client):
        selected = kind in _AS_LISTED or is_selected(client, remote)
        if selected or not remote.private:
            yield Reached(remote, selected)


def is_selected(client: GitHub, remote: RemoteRepository) -> bool:
    """Whether a token's permissions hold for the repository."""
    path = f"{at('repos', remote.owner_login, remote.name)}/collaborators"
    try:
        client.get(path, query={"per_page": 1})
    except GitHubProblem as problem:
        if problem.kind in _NOT_REACHED:
            return False
        # The token may ask, but its owner may not see the answer: that is told only after the token was looked at.
        if problem.kind is ProblemKind.ROLE_MISSING:
            return True
        raise
    return True
