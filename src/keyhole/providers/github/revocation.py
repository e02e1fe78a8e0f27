"""Ending credentials on GitHub: leaked ones by anybody who holds them, installation tokens by themselves.

Source: docs.github.com, REST API "Revocation": no authentication (an authenticated request is refused), at most 1,000
credentials in one request and 60 requests an hour; it cannot be undone, and the owners are told by mail.
"""

from __future__ import annotations

from collections.abc import Iterable

from keyhole.core.errors import InvalidInput
from keyhole.core.github_credentials import CredentialKind, recognise
from keyhole.core.secret import Secret
from keyhole.providers.github.client import GitHub
from keyhole.providers.github.instance import Instance
from keyhole.providers.github.problems import GitHubProblem, ProblemKind
from keyhole.providers.outgoing import Outgoing

MOST_AT_ONCE = 1000
"""Credentials in one request."""
REVOCABLE = frozenset(
    {
        CredentialKind.CLASSIC,
        CredentialKind.FINE_GRAINED,
        CredentialKind.OAUTH,
        CredentialKind.APP_USER,
        CredentialKind.REFRESH,
    }
)
"""Kinds that GitHub revokes for whoever holds them. Installation tokens end within the hour, or by themselves."""


def revoke_leaked(outgoing: Outgoing, instance: Instance, leaked: Iterable[Secret]) -> int:
    """Have GitHub revoke these credentials for good; returns how many were handed in.

    GitHub does not tell which of them were valid. InvalidInput, with nothing sent, when one is of a kind that cannot
    be revoked so; GitHubProblem when GitHub refuses. A request that fails is not repeated: those before it stand.
    """
    given = list(leaked)
    for one in given:
        kind = recognise(one.reveal()).kind
        if kind not in REVOCABLE:
            raise InvalidInput(
                "GitHub revokes personal access tokens and tokens of people's apps this way, but not this credential.",
                hint="An installation token ends within an hour; other credentials are ended where they were made.",
            )
    github = GitHub(instance, None, outgoing, reserve=0)
    for start in range(0, len(given), MOST_AT_ONCE):
        some = given[start : start + MOST_AT_ONCE]
        try:
            github.request(
                "POST", "/credentials/revoke", body={"credentials": [one.reveal() for one in some]}
            )
        except GitHubProblem as problem:
            if problem.answered == 404:
                raise _not_there(instance) from None
            raise
    return len(given)


def _not_there(instance: Instance) -> GitHubProblem:
    return GitHubProblem(
        ProblemKind.OTHER,
        answered=404,
        message=f"{instance.name} does not revoke credentials for those who hold them.",
        hint="Sign in there as their owner and delete them in the list of tokens.",
    )


def revoke_installation_token(github: GitHub) -> None:
    """End the installation token that the client uses."""
    github.request("DELETE", "/installation/token")
