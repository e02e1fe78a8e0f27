"""The register of external systems that hold a token."""

from __future__ import annotations

from ninja import Router

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import Integration, Page
from keyhole.integrations import services

router = Router()


@router.get("", response=Page[Integration], summary="List integrations")
def listing(request: ApiRequest) -> Page[Integration]:
    """Those whose tokens the caller may see."""
    found = services.register(request.caller)
    return Page(total=len(found), items=[_shown(each) for each in found])


def _shown(found: services.Integration) -> Integration:
    token = found.token
    return Integration(
        token_id=token.pk,
        name=token.name,
        owner=found.owner,
        health=found.health.value,
        reach=found.reach,
        repositories=list(found.repositories),
        permissions={title: level.word for title, level in found.permissions},
        last_used_at=token.last_used_at,
        expires_at=token.expires_at,
        requests=token.requests,
        denials=token.denials,
    )
