"""Connected repositories."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router, Status

from keyhole.api.auth import ApiRequest
from keyhole.api.endpoints.scans import shown as scan_shown
from keyhole.api.schemas import MOST, Page, Repository, Scan
from keyhole.repositories import models, services
from keyhole.scans.imported import import_sarif
from keyhole.scans.sarif_reading import MOST_BYTES
from keyhole.scans.services import environment_named

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


@router.post(
    "/{int:number}/sarif", response={201: Scan}, summary="Import the result of another tool (SARIF 2.1.0)"
)
def sarif(
    request: ApiRequest, number: int, ref: str = "", root: str = "", environment: str = ""
) -> Status[Scan]:
    """The body is the file as it is; `root` is the folder that the tool ran in, if it wrote absolute paths;
    `environment`, by name, is what the findings are measured by.

    Answers with a scan whose findings are stored; comparing and judging them goes on.
    """
    # Not `body`: that one is for forms, and has their limit.
    raw = request.read(MOST_BYTES + 1)
    measure = environment_named(request.caller, environment)
    return Status(201, scan_shown(import_sarif(request.caller, number, raw, ref, root, measure)))


def _shown(row: models.Repository) -> Repository:
    return Repository(
        id=row.pk,
        full_name=row.full_name,
        public=row.public,
        provider=row.provider,
        connected_at=row.connected_at,
    )
