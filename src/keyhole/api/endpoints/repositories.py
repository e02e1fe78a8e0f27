"""Connected repositories."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import MOST, Page, Repository
from keyhole.repositories import models, services

router = Router()


@router.get("", response=Page[Repository], summary="List connected repositories")
def listing(request: ApiRequest, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Page[Repository]:
    """By full name, 100 a page."""
    rows = services.list_repositories(request.caller)
    return Page(total=len(rows), items=[_shown(row) for row in rows[(page - 1) * MOST : page * MOST]])


@router.get("/{int:number}", response=Repository, summary="Look at one repository")
def one(request: ApiRequest, number: int) -> Repository:
    """By its id, which stays when it is renamed."""
    return _shown(services.get(request.caller, number))


def _shown(row: models.Repository) -> Repository:
    return Repository(
        id=row.pk,
        full_name=row.full_name,
        public=row.public,
        provider=row.provider,
        connected_at=row.connected_at,
    )
