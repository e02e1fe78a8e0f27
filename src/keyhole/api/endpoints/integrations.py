"""The register of external systems that hold a token."""

from __future__ import annotations

from ninja import Router

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import Integration, Page
from keyhole.integrations import services

router = Router()


@router.get("", response=Page[Integration], summary="List integrations")
def listing(request: ApiRequest) -> Page[Integration]:
    """Those whose tokens the caller may see, newest first."""
    found = services.register(request.caller)
    return Page(total=len(found), items=[_shown(each) for each in found])


def _shown(found: services.Registered) -> Integration:
    latest = found.latest
    return Integration(
        id=found.row.pk,
        name=found.row.name,
        owner=found.row.owner.login,
        purpose=found.row.purpose,
        health=found.health.value,
        reach=found.reach_line,
        token_ids=[each.token.pk for each in found.live],
        repositories=list(found.repositories),
        permissions={title: level.word for title, level in found.permissions},
        last_used_at=latest.token.last_used_at if latest else None,
        expires_at=found.expires_at,
        requests=found.requests,
        denials=found.denials,
    )
