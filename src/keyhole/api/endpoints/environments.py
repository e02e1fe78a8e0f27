"""Environments: where code goes, and what must hold there."""

from __future__ import annotations

from ninja import Router

from keyhole.api.auth import ApiRequest
from keyhole.api.schemas import Environment, Page
from keyhole.environments import models, services

router = Router()


@router.get(
    "", response=Page[Environment], summary="List environments with their policies, most important first"
)
def listing(request: ApiRequest) -> Page[Environment]:
    """All of them."""
    rows = [_shown(row) for row in services.list_environments(request.caller)]
    return Page(total=len(rows), items=rows)


def _shown(row: models.Environment) -> Environment:
    version = row.policy.latest if row.policy is not None else None
    return Environment(
        id=row.pk,
        name=row.name,
        description=row.description,
        due_days=row.due_days,
        tell_github=row.upstream,
        policy=None if version is None else {**version.data, "version": version.number},
    )
