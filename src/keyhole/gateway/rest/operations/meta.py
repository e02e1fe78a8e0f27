"""What the API says about itself."""

from __future__ import annotations

from keyhole.core.errors import NotFound
from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_json, as_text
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.registry import reads
from keyhole.gateway.rest.versions import SUPPORTED

_ZEN = b"A key opens one door."


@reads("meta/root")
async def root(ctx: Context) -> Response:
    """Where things are; only what is answered here."""
    api = ctx.links.api
    return as_json(
        {
            "current_user_url": f"{api}/user",
            "current_user_repositories_url": f"{api}/user/repos{{?type,page,per_page,sort}}",
            "organization_url": f"{api}/orgs/{{org}}",
            "organization_repositories_url": f"{api}/orgs/{{org}}/repos{{?type,page,per_page,sort}}",
            "repository_url": f"{api}/repos/{{owner}}/{{repo}}",
            "user_url": f"{api}/users/{{user}}",
            "user_repositories_url": f"{api}/users/{{user}}/repos{{?type,page,per_page,sort}}",
            "rate_limit_url": f"{api}/rate_limit",
        }
    )


@reads("meta/get")
async def meta(ctx: Context) -> Response:
    """No password is ever accepted."""
    return as_json({"verifiable_password_authentication": False})


@reads("meta/get-all-versions")
async def all_versions(ctx: Context) -> Response:
    """The API versions that are spoken here."""
    return as_json(sorted(SUPPORTED))


@reads("meta/get-zen")
async def zen(ctx: Context) -> Response:
    """A sentence."""
    return as_text(_ZEN, "text/plain; charset=utf-8")


@reads("rate-limit/get")
async def rate_limit(ctx: Context) -> Response:
    """Keyhole counts no requests; GitHub's own server says it this way when its limits are off."""
    raise NotFound("Rate limiting is not enabled.")
