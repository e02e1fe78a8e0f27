"""About the server itself."""

from __future__ import annotations

from typing import Any

from keyhole import __version__
from keyhole.testing.github.answers import Answer, Source
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers
from keyhole.testing.github.versions import SUPPORTED


@answers("meta/get")
def meta(_call: Call) -> dict[str, Any]:
    """Says that this is the sandbox and nothing else."""
    return {
        "verifiable_password_authentication": False,
        "keyhole_sandbox": True,
        "keyhole_version": __version__,
    }


@answers("meta/get-all-versions")
def versions(_call: Call) -> list[str]:
    """Versions of the API that are understood."""
    return list(SUPPORTED)


@answers("meta/get-zen")
def zen(_call: Call) -> Answer:
    """A sentence."""
    return Answer(200, b"Keep it logically awesome.", {"Content-Type": "text/plain;charset=utf-8"})


@answers("meta/root", source=Source.RECORDED)
def root(call: Call) -> dict[str, Any]:
    """Where things are."""
    api = call.links.api
    return {
        "current_user_url": f"{api}/user",
        "emails_url": f"{api}/user/emails",
        "organization_url": f"{api}/orgs/{{org}}",
        "organization_repositories_url": f"{api}/orgs/{{org}}/repos{{?type,page,per_page,sort}}",
        "rate_limit_url": f"{api}/rate_limit",
        "repository_url": f"{api}/repos/{{owner}}/{{repo}}",
        "current_user_repositories_url": f"{api}/user/repos{{?type,page,per_page,sort}}",
        "user_url": f"{api}/users/{{user}}",
        "user_organizations_url": f"{api}/user/orgs",
        "user_repositories_url": f"{api}/users/{{user}}/repos{{?type,page,per_page,sort}}",
    }
